"""The measurements of one run in NumPy and float64, written from the definitions, without the library.

The network is inputs - hidden layer - 10: linear map, batch normalisation (BN) or none, ReLU or Leaky ReLU, linear
map, softmax cross-entropy averaged over the mini-batch, trained by Adam. The constants are the article's.

The tables have the columns that docs/output.md describes. The columns called `close_...` are not among them: they
say how many decisions (`>`, argmax) were so close that float32 may rightly decide otherwise.
"""

from pathlib import Path

import numpy as np
import pandas as pd

LEARNING_RATE, BETA1, BETA2, EPSILON = 0.001, 0.9, 0.999, 1e-8  # Adam
BN_EPSILON, BN_MOMENTUM = 1e-5, 0.1
CLOSE = 5e-5  # how near to 0 a pre-activation, or the lead of the best logit, counts as close
CLOSE_BRIGHTNESS = 0.05  # how near to 25.5 the brightest pixel of a square counts as close


def read_idx(path: Path) -> np.ndarray:
    """An IDX file: two zero bytes, the type (8: uint8), the number of dimensions, their big-endian sizes, the data."""
    data = np.fromfile(path, np.uint8)
    assert data[:3].tolist() == [0, 0, 8]
    header = 4 + 4 * int(data[3])
    return data[header:].reshape(data[4:header].view(">i4"))


class Reference:
    """A network of float64 arrays, and its training.

    `parameters`: `weight` [hidden, inputs], `output` [10, hidden], `output_bias`, and with BN `gamma` and `beta`,
    without BN `bias`. `slope`: what a negative pre-activation is multiplied by, 0 for ReLU.
    """

    def __init__(self, parameters: dict[str, np.ndarray], slope: float) -> None:
        self.parameters = {name: array.astype(np.float64) for name, array in parameters.items()}
        self.slope = slope
        self.batch_norm = "gamma" in parameters
        hidden = len(self.parameters["weight"])
        self.running_mean, self.running_variance = np.zeros(hidden), np.ones(hidden)
        self.moments = {name: (np.zeros_like(a), np.zeros_like(a)) for name, a in self.parameters.items()}
        self.steps = 0

    def linear(self, x):
        return x @ self.parameters["weight"].T + self.parameters.get("bias", 0)

    def normalized(self, linear, mean, variance):
        return (linear - mean) / np.sqrt(variance + BN_EPSILON)

    def pre_activation(self, linear, own_statistics=False):
        """The activation function's input in a test: BN with running averages, or with the rows' own statistics."""
        if not self.batch_norm:
            return linear
        statistics = (linear.mean(0), linear.var(0)) if own_statistics else (self.running_mean, self.running_variance)
        return self.parameters["gamma"] * self.normalized(linear, *statistics) + self.parameters["beta"]

    def active(self, pre_activation):
        return np.where(pre_activation > 0, pre_activation, self.slope * pre_activation)

    def logits(self, pre_activation):
        return self.active(pre_activation) @ self.parameters["output"].T + self.parameters["output_bias"]

    def step(self, x, labels):
        """Train on a mini-batch; returns mean loss and correct images before the step, and the weights' gradient dW."""
        p, n = self.parameters, len(x)
        linear = self.linear(x)
        if self.batch_norm:
            mean, variance = linear.mean(0), linear.var(0)  # biased: divided by n
            normalized = self.normalized(linear, mean, variance)
            pre_activation = p["gamma"] * normalized + p["beta"]
            self.running_mean += BN_MOMENTUM * (mean - self.running_mean)
            self.running_variance += BN_MOMENTUM * (variance * n / (n - 1) - self.running_variance)  # unbiased
        else:
            pre_activation = linear
        logits = self.logits(pre_activation)

        grad = np.exp(log_softmax(logits))  # by the logits
        grad[np.arange(n), labels] -= 1
        grad /= n
        gradient = {"output": grad.T @ self.active(pre_activation), "output_bias": grad.sum(0)}
        grad = grad @ p["output"] * np.where(pre_activation > 0, 1, self.slope)  # by the pre-activation
        if self.batch_norm:
            gradient |= {"gamma": (grad * normalized).sum(0), "beta": grad.sum(0)}
            grad = p["gamma"] * grad
            grad = grad - grad.mean(0) - normalized * (grad * normalized).mean(0)
            grad = grad / np.sqrt(variance + BN_EPSILON)
        else:
            gradient["bias"] = grad.sum(0)
        gradient["weight"] = grad.T @ x
        self.adam(gradient)
        return losses(logits, labels).mean(), correct(logits, labels).sum(), gradient["weight"]

    def adam(self, gradient):
        self.steps += 1
        for name, parameter in self.parameters.items():
            first, second = self.moments[name]
            first += (1 - BETA1) * (gradient[name] - first)
            second += (1 - BETA2) * (gradient[name] ** 2 - second)
            corrected = first / (1 - BETA1**self.steps), second / (1 - BETA2**self.steps)
            parameter -= LEARNING_RATE * corrected[0] / (np.sqrt(corrected[1]) + EPSILON)


def log_softmax(logits):
    logits = logits - logits.max(1, keepdims=True)
    return logits - np.log(np.exp(logits).sum(1, keepdims=True))


def losses(logits, labels):
    return -log_softmax(logits)[np.arange(len(labels)), labels]


def correct(logits, labels):
    return logits.argmax(1) == labels


def close_calls(logits):
    """How many images have two classes nearly equally good."""
    best = np.sort(logits, axis=1)
    return int((best[:, -1] - best[:, -2] < CLOSE).sum())


def measure_run(network, train, test, orders, batch_size, dw="gradient_of_sum"):
    """Train `network` with the order of images that `orders` holds for each epoch, and measure it after each.

    `train` and `test`: pairs of inputs in [0, 1], `[n, inputs]`, and labels. `dw`: `gradient_of_sum` or `update`.
    Returns the tables `metrics`, `units` and `batches`, and a list of the frames' brightnesses, `[hidden, inputs]`.
    """
    metrics, units, batches, frames = [], [], [], []
    for epoch, order in enumerate(orders, 1):
        before = network.parameters["weight"].copy()
        parts = [order[start : start + batch_size] for start in range(0, len(order), batch_size)]
        sizes = np.array([len(part) for part in parts])
        steps = [network.step(train[0][part], train[1][part]) for part in parts]
        loss, counts = (np.array([step[i] for step in steps]) for i in (0, 1))
        change = network.parameters["weight"] - before if dw == "update" else sizes[-1] * steps[-1][2]
        batches.append(
            pd.DataFrame({"epoch": epoch, "batch": np.arange(len(parts)) + 1, "accuracy": counts / sizes, "loss": loss})
        )
        tested, active, close = test_measures(network, *test, batch_size)
        dead, close_dead = dead_measures(network, train[0])
        shown, dark, close_dark = shown_measures(change)
        frames.append(square(change))
        rows = {"epoch": epoch, "unit": np.arange(len(change)), "active_fraction": active} | shown | dead | dark
        trained_accuracy = test_measures(network, *train, batch_size)[0]["test_accuracy"]
        close = {"close_images": close, "close_dead": close_dead, "close_dark": close_dark}
        units.append(pd.DataFrame(rows | {"layer": 1} | close))
        trained = {
            "epoch": epoch,
            "train_loss": (loss * sizes).sum() / len(order),
            "train_accuracy": counts.sum() / len(order),
            "perfect_batches": (counts == sizes).sum() / len(parts),
        }
        counted = {f"{kind}_units": units[-1][kind].sum() for kind in ("dead", "inactive", "dark")}
        last = {"train_accuracy_eval": trained_accuracy if epoch == len(orders) else np.nan}
        metrics.append(trained | tested | counted | last)
    return pd.DataFrame(metrics), pd.concat(units, ignore_index=True), pd.concat(batches, ignore_index=True), frames


def test_measures(network, x, labels, batch_size):
    """The columns of a test, each unit's active fraction, and for how many images that was close."""
    linear = network.linear(x)
    pre_activation = network.pre_activation(linear)
    running = network.logits(pre_activation)
    own = running
    if network.batch_norm:
        cuts = list(range(batch_size, len(x), batch_size))
        if len(x) - cuts[-1] == 1:  # a last image alone joins the mini-batch before it
            cuts.pop()
        parts = [network.pre_activation(part, own_statistics=True) for part in np.split(linear, cuts)]
        own = network.logits(np.concatenate(parts))
    columns = {
        "test_loss": losses(running, labels).mean(),
        "test_accuracy": correct(running, labels).mean(),
        "test_accuracy_batch_statistics": correct(own, labels).mean(),
        "close_test_accuracy": close_calls(running),
        "close_test_accuracy_batch_statistics": close_calls(own),
    }
    close = (np.abs(pre_activation) < CLOSE) & (pre_activation != 0)
    return columns, (pre_activation > 0).mean(0), close.sum(0)


def dead_measures(network, x):
    """Which units are dead or inactive on the training images, and for which of them that was close."""
    pre_activation = network.pre_activation(network.linear(x))
    highest = pre_activation.max(0)
    dead = {
        "dead": (network.active(pre_activation) == 0).all(0).astype(int),
        "inactive": (~(pre_activation > 0).any(0)).astype(int),
    }
    return dead, (np.abs(highest) < CLOSE) & (highest != 0)


def square(dw):
    """The brightness of every pixel of every unit's square, not rounded."""
    low, high = dw.min(1, keepdims=True), dw.max(1, keepdims=True)
    return 255 * (dw - low) / (high - low + 0.0001)


def shown_measures(dw):
    """The columns of dW, which squares are dark, and for which of them that was close."""
    low, high = dw.min(1), dw.max(1)
    shown = {"dw_min": low, "dw_max": high, "background": 255 * (0 - low) / (high - low + 0.0001)}
    brightest = square(dw).max(1)
    return shown, {"dark": (brightest < 25.5).astype(int)}, np.abs(brightest - 25.5) < CLOSE_BRIGHTNESS
