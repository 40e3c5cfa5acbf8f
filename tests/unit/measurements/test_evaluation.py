"""Test accuracies and silent units, against networks whose answer is known."""

import numpy as np
import pytest
import torch

from dying_relu.data.images import to_inputs
from dying_relu.measurements import evaluation as measure
from dying_relu.measurements.dead_units import at_initialization, dead_and_inactive_units
from dying_relu.measurements.evaluation import evaluate
from dying_relu.model.network import Network
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
    dead, inactive = dead_and_inactive_units(network_with(WEIGHTS, batch_norm=False), PIXELS)
    assert dead.tolist() == [False, True, True, False]
    assert inactive.tolist() == [False, True, True, False]


def test_a_leaky_unit_is_dead_only_where_its_pre_activation_is_zero_throughout():
    network = network_with(WEIGHTS, batch_norm=False, activation="leaky_relu", negative_slope=0.01)
    dead, inactive = dead_and_inactive_units(network, PIXELS)
    assert dead.tolist() == [False, False, True, False]
    assert inactive.tolist() == [False, True, True, False]


def test_batch_norm_counts_with_its_running_statistics():
    network = network_with(WEIGHTS)
    # Minus the running mean: -9..., 9..., 0 and out of reach.
    network.norm.running_mean.copy_(torch.tensor([10.0, -10.0, 0.0, 1.5]))
    dead, inactive = dead_and_inactive_units(network, PIXELS)
    assert dead.tolist() == inactive.tolist() == [True, False, True, True]


def test_the_last_image_counts_as_much_as_the_first(monkeypatch):
    monkeypatch.setattr(measure, "CHUNK", 2)
    network = network_with([[1.0, 0.0], [1.0, 0.0]], bias=[-0.5, -2.0], batch_norm=False)
    pixels = torch.zeros(5, 2, dtype=torch.uint8)
    pixels[4, 0] = 255
    dead, inactive = dead_and_inactive_units(network, pixels)
    assert dead.tolist() == inactive.tolist() == [False, True]


def two_layers(**parameters) -> Network:
    """The four units above, and on them: their sum, minus their sum, and what only the fourth lets through."""
    network = Network(make_run(hidden=[4, 3], batch_size=2, batch_norm=False, **parameters), 2)
    with torch.no_grad():
        network.layers[0].linear.weight.copy_(torch.tensor(WEIGHTS))
        network.layers[1].linear.weight.copy_(torch.tensor([[1.0] * 4, [-1.0] * 4, [0.0, 0.0, 0.0, 1.0]]))
        network.layers[1].linear.bias.copy_(torch.tensor([0.0, 0.0, -0.5]))
    return network


@pytest.mark.parametrize("chunk", [1, 1000])
def test_silent_units_of_the_second_layer(monkeypatch, chunk):
    monkeypatch.setattr(measure, "CHUNK", chunk)
    dead, inactive = dead_and_inactive_units(two_layers(), PIXELS)
    assert dead.tolist() == inactive.tolist() == [False, True, True, False, False, True, False]


def test_the_second_layer_is_looked_at_after_the_first_is_settled(monkeypatch):
    monkeypatch.setattr(measure, "CHUNK", 1)
    network = two_layers()
    with torch.no_grad():
        network.layers[0].linear.weight.fill_(1)  # no unit of the first layer is silent
        network.layers[1].linear.bias.copy_(torch.tensor([-4.01, 0.0, -2.0]))
    dead, _ = dead_and_inactive_units(network, PIXELS)
    # The third image alone is bright enough for the first unit: four times 256 / 255 is above 4.01.
    assert dead.tolist() == [False] * 5 + [True, True]


def test_active_fractions_of_both_layers():
    result = evaluate(two_layers(), IMAGES, torch.tensor([0, 1, 2]), 2)
    third = pytest.approx(1 / 3)
    assert result.active_fraction.tolist() == [1, 0, 0, third, 1, 0, third]


@pytest.mark.parametrize("chunk", [1, 1000])
def test_two_layers_with_batch_norm_agree_with_training_mode(monkeypatch, chunk):
    """Mini-batches normalised by themselves are what the network computes in training mode."""
    monkeypatch.setattr(measure, "CHUNK", chunk)
    generator = torch.Generator().manual_seed(5)
    images, labels = torch.rand(40, 6, generator=generator), torch.randint(0, 10, (40,), generator=generator)
    network = Network(make_run(hidden=[7, 5], batch_size=10), 6)
    found = evaluate(network, images, labels, 10)
    network.eval()
    running = network(images)
    assert found.accuracy == (running.argmax(1) == labels).double().mean().item()
    assert found.loss == pytest.approx(torch.nn.functional.cross_entropy(running, labels).item(), rel=1e-5)
    network.train()
    themselves = torch.cat([network(part) for part in images.split(10)])
    assert found.accuracy_batch_statistics == (themselves.argmax(1) == labels).double().mean().item()


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
    dead_and_inactive_units(network, PIXELS)
    assert all(torch.equal(before[name], tensor) for name, tensor in network.state_dict().items())


@pytest.mark.parametrize("chunk", [1000, 3, 2])
def test_at_birth_bn_uses_the_statistics_of_the_training_images(monkeypatch, chunk):
    """Mean and unbiased variance of the images, or with several chunks the mean of those of the chunks.

    An image that would be a chunk alone has no variance; it joins the three before it.
    """
    monkeypatch.setattr(measure, "CHUNK", chunk)
    network = network_with([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]])
    with torch.no_grad():
        network.norm.bias.copy_(torch.tensor([0.0, -3.0, 0.0]))
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    pixels = torch.tensor([[255, 0], [0, 255], [51, 51], [153, 0]], dtype=torch.uint8)
    born = at_initialization(network, pixels, pixels)
    linear = np.array([[1, 0], [0, 1], [0.2, 0.2], [0.6, 0]])
    parts = np.split(linear, len(linear) // min(chunk, len(linear)))
    mean, variance = (
        np.mean([f(part) for part in parts], axis=0) for f in (lambda x: x.mean(0), lambda x: x.var(0, ddof=1))
    )
    above = (linear - mean) / np.sqrt(variance + 1e-5) + [0, -3] > 0
    assert born.active_fraction.tolist() == [*above.mean(0), 0]
    assert born.dead.tolist() == born.inactive.tolist() == [*~above.any(0), True]
    assert all(torch.equal(network.state_dict()[name], tensor) for name, tensor in before.items())
    assert network.training


def test_at_birth_without_bn():
    born = at_initialization(network_with(WEIGHTS, batch_norm=False), PIXELS, PIXELS)
    assert born.dead.tolist() == [False, True, True, False]
    assert born.active_fraction.tolist() == pytest.approx([1, 0, 0, 1 / 3])
