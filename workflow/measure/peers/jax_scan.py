"""JAX: an epoch as one lax.scan over mini-batches, compiled, with the optimiser from Optax."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax
from harness import CLASSES, WIDTH, Implementation, Task, measure


def make(task: Task) -> Implementation:
    images, labels = map(jnp.asarray, task.read("train"))
    rate, momentum = task.parameters.get("learning_rate", 1e-3), task.parameters.get("momentum")
    optimizer = optax.sgd(rate, momentum) if "optimizer" in task.parameters else optax.adam(rate)
    keys = jax.random.split(jax.random.key(0))
    weights = {
        "hidden": jax.random.normal(keys[0], (784, WIDTH)) * np.sqrt(2 / 784),
        "gamma": jnp.ones(WIDTH),
        "beta": jnp.zeros(WIDTH),
        "output": jax.random.normal(keys[1], (WIDTH, CLASSES)) * np.sqrt(2 / WIDTH),
        "bias": jnp.zeros(CLASSES),
    }

    def logits_of(weights, linear, mean, variance):
        normal = (linear - mean) * jax.lax.rsqrt(variance + 1e-5) * weights["gamma"] + weights["beta"]
        return jax.nn.relu(normal) @ weights["output"] + weights["bias"]

    def loss_of(weights, running, images, labels):
        linear = images @ weights["hidden"]
        mean, variance = linear.mean(0), linear.var(0)
        losses = optax.softmax_cross_entropy_with_integer_labels(logits_of(weights, linear, mean, variance), labels)
        unbiased = variance * len(images) / (len(images) - 1)
        return losses.mean(), (0.9 * running[0] + 0.1 * mean, 0.9 * running[1] + 0.1 * unbiased)

    def step(state, index):
        weights, averages, running = state
        gradient_of = jax.value_and_grad(loss_of, has_aux=True)
        (loss, running), gradients = gradient_of(weights, running, images[index], labels[index])
        updates, averages = optimizer.update(gradients, averages)
        return (optax.apply_updates(weights, updates), averages, running), loss

    @partial(jax.jit, donate_argnums=0)
    def epoch(state, batches):
        return jax.lax.scan(step, state, batches)

    state = weights, optimizer.init(weights), (jnp.zeros(WIDTH), jnp.ones(WIDTH))

    def train_epoch(order):
        nonlocal state
        state, losses = epoch(state, jnp.asarray(order.reshape(-1, task.batch_size)))
        losses.block_until_ready()

    def known():
        weights, _, running = state
        images, labels = map(jnp.asarray, task.read("t10k"))
        found = logits_of(weights, images @ weights["hidden"], *running).argmax(1)
        return {"accuracy": float((found == labels).mean())}

    return train_epoch, known


if __name__ == "__main__":
    measure({"jax-scan": make})
