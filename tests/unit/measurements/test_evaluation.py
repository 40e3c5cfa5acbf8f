"""Test accuracies, active fractions, dead and inactive units of networks whose answer is known."""

import numpy as np
import pytest
import torch

from dying_relu.data.images import to_inputs
from dying_relu.measurements import evaluation as measure
from dying_relu.measurements.dead_units import at_initialization, dead_and_inactive_units
from dying_relu.measurements.evaluation import evaluate
from dying_relu.model.network import Network
from helpers import make_run
from reference import Reference, test_measures


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


@pytest.mark.parametrize(
    ("parameters", "dead"),
    [({}, [False, True, True, False]),
     # A leaky unit is dead only where its pre-activation is 0 throughout.
     ({"activation": "leaky_relu", "negative_slope": 0.01}, [False, False, True, False])],
)  # fmt: skip
def test_dead_and_inactive_units(parameters, dead):
    found = dead_and_inactive_units(network_with(WEIGHTS, batch_norm=False, **parameters), PIXELS)
    assert [units.tolist() for units in found] == [dead, [False, True, True, False]]


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
def test_dead_units_of_the_second_layer(monkeypatch, chunk):
    monkeypatch.setattr(measure, "CHUNK", chunk)
    dead, inactive = dead_and_inactive_units(two_layers(), PIXELS)
    assert dead.tolist() == inactive.tolist() == [False, True, True, False, False, True, False]


def test_the_second_layer_is_measured_when_no_unit_of_the_first_is_left(monkeypatch):
    monkeypatch.setattr(measure, "CHUNK", 1)
    network = two_layers()
    with torch.no_grad():
        network.layers[0].linear.weight.fill_(1)  # no unit of the first layer is dead
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
    own = torch.cat([network(part) for part in images.split(10)])
    assert found.accuracy_batch_statistics == (own.argmax(1) == labels).double().mean().item()


@pytest.mark.parametrize("batch_size", [4, 10, 11, 16, 20, 7])
@pytest.mark.parametrize("chunk", [1, 8, 1000])
def test_both_accuracies_agree_with_the_reference(monkeypatch, batch_size, chunk):
    """Sizes of 4, 10 and 20 leave one image over, which joins the mini-batch before it."""
    monkeypatch.setattr(measure, "CHUNK", chunk)
    source = np.random.default_rng(1)
    images, labels = source.random((21, 6)).astype(np.float32), source.integers(0, 10, 21)
    network = Network(make_run(hidden=[5], batch_size=2, activation="leaky_relu", negative_slope=0.1), 6)
    norm = network.norm
    with torch.no_grad():
        for tensor in (norm.weight, norm.bias, norm.running_mean):
            tensor.copy_(torch.from_numpy(source.normal(size=5).astype(np.float32)))
        network.output.weight.mul_(3)
    names = {"weight": network.hidden.weight, "gamma": norm.weight, "beta": norm.bias}
    names |= {"output": network.output.weight, "output_bias": network.output.bias}
    reference = Reference({name: tensor.detach().numpy() for name, tensor in names.items()}, 0.1)
    reference.running_mean = norm.running_mean.numpy().astype(float)
    expected, active, close = test_measures(reference, images.astype(float), labels, batch_size)
    assert not expected["close_test_accuracy"] + expected["close_test_accuracy_batch_statistics"] + close.sum()
    result = evaluate(network, torch.from_numpy(images), torch.from_numpy(labels), batch_size)
    assert result.loss == pytest.approx(expected["test_loss"], rel=1e-5)
    assert result.accuracy == pytest.approx(expected["test_accuracy"])
    assert result.accuracy_batch_statistics == pytest.approx(expected["test_accuracy_batch_statistics"])
    assert result.active_fraction.numpy() == pytest.approx(active)


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
def test_before_the_first_step_bn_uses_the_statistics_of_the_training_images(monkeypatch, chunk):
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


def test_before_the_first_step_without_bn():
    born = at_initialization(network_with(WEIGHTS, batch_norm=False), PIXELS, PIXELS)
    assert born.dead.tolist() == [False, True, True, False]
    assert born.active_fraction.tolist() == pytest.approx([1, 0, 0, 1 / 3])
