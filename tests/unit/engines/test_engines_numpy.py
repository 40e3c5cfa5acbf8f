"""Both engines against NumPy in float64, written from the definitions."""

import numpy as np
import pytest
import torch

from dying_relu.engines.numba_engine import NumbaEngine
from dying_relu.engines.torch_engine import TorchEngine
from dying_relu.model.network import Network
from helpers import make_run


class Reference:
    """Forward, backward and Adam by hand, for one hidden layer with or without batch normalisation."""

    def __init__(self, network: Network, slope: float, batch_norm: bool) -> None:
        self.slope, self.batch_norm = slope, batch_norm
        self.weights = {
            name.removeprefix("layers.0."): tensor.detach().numpy().astype(np.float64)
            for name, tensor in network.named_parameters()
        }
        self.mean = {name: np.zeros_like(value) for name, value in self.weights.items()}
        self.square = {name: np.zeros_like(value) for name, value in self.weights.items()}
        self.running = [np.zeros(network.hidden.out_features), np.ones(network.hidden.out_features)]
        self.steps = 0

    def step(self, images: np.ndarray, labels: np.ndarray) -> tuple[float, int]:
        w = self.weights
        n = len(images)
        linear = images @ w["linear.weight"].T + w.get("linear.bias", 0)
        z = linear
        if self.batch_norm:
            mean, variance = linear.mean(0), linear.var(0)
            deviation = np.sqrt(variance + 1e-5)
            normal = (linear - mean) / deviation
            z = normal * w["norm.weight"] + w["norm.bias"]
            for statistic, (new, old) in enumerate(zip((mean, variance * n / (n - 1)), self.running, strict=True)):
                self.running[statistic] = 0.9 * old + 0.1 * new
        slopes = np.where(z > 0, 1, self.slope)
        hidden = z * slopes
        logits = hidden @ w["output.weight"].T + w["output.bias"]
        probabilities = np.exp(logits - logits.max(1, keepdims=True))
        probabilities /= probabilities.sum(1, keepdims=True)
        loss = -np.log(probabilities[np.arange(n), labels]).mean()

        error = (probabilities - np.eye(10)[labels]) / n
        g = {"output.weight": error.T @ hidden, "output.bias": error.sum(0)}
        error = error @ w["output.weight"] * slopes
        if self.batch_norm:
            g |= {"norm.weight": (error * normal).sum(0), "norm.bias": error.sum(0)}
            error = error * w["norm.weight"]
            error = (error - error.mean(0) - normal * (error * normal).mean(0)) / deviation
        else:
            g["linear.bias"] = error.sum(0)
        g["linear.weight"] = error.T @ images
        self.gradient = g["linear.weight"]

        self.steps += 1
        for name, gradient in g.items():
            self.mean[name] = 0.9 * self.mean[name] + 0.1 * gradient
            self.square[name] = 0.999 * self.square[name] + 0.001 * gradient**2
            mean = self.mean[name] / (1 - 0.9**self.steps)
            square = self.square[name] / (1 - 0.999**self.steps)
            w[name] = w[name] - 0.001 * mean / (np.sqrt(square) + 1e-8)
        return loss, int((logits.argmax(1) == labels).sum())


@pytest.mark.parametrize("make_engine", [TorchEngine, NumbaEngine])
@pytest.mark.parametrize("batch_norm", [True, False])
@pytest.mark.parametrize("slope", [None, 0.18])
@pytest.mark.parametrize(("width", "inputs"), [(7, 12), (70, 13)])
def test_ten_steps_on_uneven_mini_batches(make_engine, batch_norm, slope, width, inputs):
    activation = "relu" if slope is None else "leaky_relu"
    run = make_run(
        batch_norm=batch_norm, activation=activation, negative_slope=slope, hidden=[width], batch_size=8, bias=0.01
    )
    generator = np.random.default_rng(2)
    pixels = generator.integers(0, 256, (60, inputs), np.uint8) * (generator.random((60, inputs)) < 0.6)
    images = pixels / 255
    labels = generator.integers(0, 10, 60)
    network = Network(run, inputs)
    reference = Reference(network, slope or 0, batch_norm)
    engine = make_engine(run, network, torch.from_numpy(pixels), torch.from_numpy(labels))
    batches = torch.from_numpy(generator.permutation(60)).split(7)

    losses, correct = engine.train(batches[:9])

    assert len(batches) == 9
    for index, loss, right in zip(batches, losses, correct, strict=True):
        expected = reference.step(images[index], labels[index])
        assert (loss.item(), right.item()) == pytest.approx(expected, rel=1e-5)
    assert engine.gradient().numpy() == pytest.approx(reference.gradient, rel=1e-3, abs=1e-6)
    for name, tensor in network.named_parameters():
        expected = reference.weights[name.removeprefix("layers.0.")]
        assert tensor.detach().numpy() == pytest.approx(expected, abs=2e-5), name
    if batch_norm:
        assert network.norm.running_mean.numpy() == pytest.approx(reference.running[0], rel=1e-5)
        assert network.norm.running_var.numpy() == pytest.approx(reference.running[1], rel=1e-5)


def test_runs_of_one_seed_start_from_the_same_weights():
    one = Network(make_run(batch_norm=True), 784)
    other = Network(make_run(batch_norm=False, activation="leaky_relu", negative_slope=0.5), 784)
    third = Network(make_run(seed=1), 784)
    assert torch.equal(one.hidden.weight, other.hidden.weight)
    assert torch.equal(one.output.weight, other.output.weight)
    assert not torch.equal(one.hidden.weight, third.hidden.weight)


def test_layers_start_one_after_the_other():
    """A first layer starts alike whatever follows it, and every layer has the variance of its own inputs."""
    one, two = Network(make_run(), 784), Network(make_run(hidden=[256, 64]), 784)
    assert torch.equal(one.hidden.weight, two.hidden.weight)
    assert [layer.linear.weight.shape for layer in two.layers] == [(256, 784), (64, 256)]
    assert two.layers[1].linear.weight.std().item() == pytest.approx(np.sqrt(2 / 256), rel=0.02)
    assert two.output.weight.std().item() == pytest.approx(np.sqrt(2 / 64), rel=0.1)


def test_two_layers_by_hand():
    network = Network(make_run(hidden=[2, 2], batch_norm=False, activation="leaky_relu", negative_slope=0.5), 2)
    with torch.no_grad():
        network.layers[0].linear.weight.copy_(torch.tensor([[1.0, 1.0], [1.0, -2.0]]))
        network.layers[1].linear.weight.copy_(torch.tensor([[1.0, 2.0], [-1.0, 1.0]]))
        network.layers[1].linear.bias.copy_(torch.tensor([0.0, 0.25]))
        network.output.weight.zero_()
        network.output.weight[3] = torch.tensor([10.0, 100.0])
    logits = network(torch.tensor([[1.0, 0.0], [0.0, 1.0]]))
    # First layer: (1, 1) and (1, -2), after the activation (1, 1) and (1, -1).
    # Second layer: (3, 0.25) and (-1, -1.75), after the activation (3, 0.25) and (-0.5, -0.875).
    assert logits[:, 3].tolist() == [30 + 25, -5 - 87.5]


@pytest.mark.parametrize("batch_norm", [True, False])
def test_gradients_of_every_layer_against_float64(batch_norm):
    run = make_run(hidden=[9, 7, 5], batch_norm=batch_norm, batch_size=30)
    generator = np.random.default_rng(3)
    pixels, labels = generator.integers(0, 256, (30, 12), np.uint8), torch.from_numpy(generator.integers(0, 10, 30))
    exact = Network(run, 12).double()
    torch.nn.functional.cross_entropy(exact(torch.from_numpy(pixels).double() / 255), labels).backward()
    engine = TorchEngine(run, Network(run, 12), torch.from_numpy(pixels), labels)
    engine.train([torch.arange(30)])
    for layer, expected in enumerate(exact.layers):
        gradient = expected.linear.weight.grad.numpy()
        assert np.abs(gradient).max() > 1e-3
        assert engine.gradient(layer).numpy() == pytest.approx(gradient, rel=1e-3, abs=1e-6), layer


def test_weights_are_he_normal_and_biases_constant():
    network = Network(make_run(batch_norm=False, bias=-0.25), 784)
    assert network.hidden.weight.std().item() == pytest.approx(np.sqrt(2 / 784), rel=0.01)
    assert network.hidden.weight.mean().item() == pytest.approx(0, abs=0.001)
    assert network.output.weight.std().item() == pytest.approx(np.sqrt(2 / 256), rel=0.05)
    assert network.hidden.bias.unique().tolist() == network.output.bias.unique().tolist() == [-0.25]
