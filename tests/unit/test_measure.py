"""Test accuracies and silent units, against networks whose answer is known."""

import numpy as np
import pytest
import torch

from dying_relu import measure
from dying_relu.images import to_inputs
from dying_relu.measure import evaluate, silent_units
from dying_relu.network import Network
from helpers import make_run


def network_with(weights, *, bias=None, **parameters) -> Network:
    """A network whose hidden units have the given weights, one row each."""
    network = Network(make_run(hidden=[len(weights)], batch_size=2, **parameters), len(weights[0]))
    with torch.no_grad():
        network.hidden.weight.copy_(torch.tensor(weights))
        if bias is not None:
            network.hidden.bias.copy_(torch.tensor(bias))
    return network


PIXELS = torch.tensor([[255, 0], [0, 255], [128, 128]], dtype=torch.uint8)
IMAGES = to_inputs(PIXELS)
# On these images: always positive, never positive, exactly zero, positive for the second only.
WEIGHTS = [[1.0, 1.0], [-1.0, -2.0], [0.0, 0.0], [-1.0, 1.0]]


def test_a_relu_unit_that_is_never_above_zero_is_dead_and_inactive():
    dead, inactive = silent_units(network_with(WEIGHTS, batch_norm=False), PIXELS)
    assert dead.tolist() == [False, True, True, False]
    assert inactive.tolist() == [False, True, True, False]


def test_a_leaky_unit_is_dead_only_where_its_pre_activation_is_zero_throughout():
    network = network_with(WEIGHTS, batch_norm=False, activation="leaky_relu", negative_slope=0.01)
    dead, inactive = silent_units(network, PIXELS)
    assert dead.tolist() == [False, False, True, False]
    assert inactive.tolist() == [False, True, True, False]


def test_batch_norm_counts_with_its_running_statistics():
    network = network_with(WEIGHTS)
    # Minus the running mean: -9..., 9..., 0 and out of reach.
    network.norm.running_mean.copy_(torch.tensor([10.0, -10.0, 0.0, 1.5]))
    dead, inactive = silent_units(network, PIXELS)
    assert dead.tolist() == inactive.tolist() == [True, False, True, True]


def test_the_last_image_counts_as_much_as_the_first(monkeypatch):
    monkeypatch.setattr(measure, "CHUNK", 2)
    network = network_with([[1.0, 0.0], [1.0, 0.0]], bias=[-0.5, -2.0], batch_norm=False)
    pixels = torch.zeros(5, 2, dtype=torch.uint8)
    pixels[4, 0] = 255
    dead, inactive = silent_units(network, pixels)
    assert dead.tolist() == inactive.tolist() == [False, True]


@pytest.mark.parametrize("batch_size", [4, 10, 11, 16, 20, 7])
@pytest.mark.parametrize("chunk", [1, 8, 1000])
def test_both_accuracies_agree_with_numpy(monkeypatch, batch_size, chunk):
    monkeypatch.setattr(measure, "CHUNK", chunk)
    generator = np.random.default_rng(1)
    images = generator.random((21, 6)).astype(np.float32)
    labels = generator.integers(0, 10, 21)
    network = Network(make_run(hidden=[5], batch_size=2, activation="leaky_relu", negative_slope=0.1), 6)
    with torch.no_grad():
        for tensor in (network.norm.weight, network.norm.bias, network.norm.running_mean):
            tensor.copy_(torch.from_numpy(generator.normal(size=5).astype(np.float32)))
        network.output.weight.mul_(3)

    result = evaluate(network, torch.from_numpy(images), torch.from_numpy(labels), batch_size)

    linear = images.astype(np.float64) @ network.hidden.weight.detach().numpy().T.astype(np.float64)
    gamma, beta = (tensor.detach().numpy().astype(np.float64) for tensor in (network.norm.weight, network.norm.bias))

    def normalized(rows, mean, variance):
        return (rows - mean) / np.sqrt(variance + 1e-5) * gamma + beta

    def logits(pre_activation):
        hidden = np.where(pre_activation > 0, pre_activation, 0.1 * pre_activation)
        return hidden @ network.output.weight.detach().numpy().T + network.output.bias.detach().numpy()

    running = normalized(linear, network.norm.running_mean.numpy(), network.norm.running_var.numpy())
    log_probabilities = logits(running) - np.log(np.exp(logits(running)).sum(1, keepdims=True))
    assert result.accuracy == pytest.approx((logits(running).argmax(1) == labels).mean())
    assert result.loss == pytest.approx(-log_probabilities[np.arange(21), labels].mean(), rel=1e-5)
    assert result.active_fraction.numpy() == pytest.approx((running > 0).mean(0))

    # Sizes of 4, 10 and 20 leave one image over, which joins the mini-batch before it.
    edges = list(range(0, 21, batch_size))
    if 21 - edges[-1] == 1:
        edges.pop()
    parts = np.split(linear, edges[1:])
    themselves = np.concatenate([normalized(part, part.mean(0), part.var(0)) for part in parts])
    assert result.accuracy_batch_statistics == pytest.approx((logits(themselves).argmax(1) == labels).mean())


def test_without_batch_norm_the_accuracies_are_the_same():
    network = network_with(WEIGHTS, batch_norm=False)
    result = evaluate(network, IMAGES, torch.tensor([0, 1, 2]), 2)
    assert result.accuracy_batch_statistics == result.accuracy
    assert result.active_fraction.tolist() == pytest.approx([1, 0, 0, 1 / 3])


def test_measuring_changes_nothing():
    network = network_with(WEIGHTS)
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    evaluate(network, IMAGES, torch.tensor([0, 1, 2]), 2)
    silent_units(network, PIXELS)
    assert all(torch.equal(before[name], tensor) for name, tensor in network.state_dict().items())
