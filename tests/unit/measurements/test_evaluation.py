"""Test accuracies, active fractions, dead and inactive units of networks whose answer is known."""

import numpy as np
import pytest
import torch

from dying_relu.measurements.dead_units import dead_and_inactive_units, with_training_statistics
from dying_relu.measurements.evaluation import evaluate
from dying_relu.measurements.results import chunk_size
from dying_relu.model.network import Network, to_inputs
from helpers import make_run

PIXELS = torch.tensor([[255, 0], [0, 255], [128, 128]], dtype=torch.uint8)
# On these images: always positive, never positive, exactly zero, positive for the second only.
WEIGHTS = [[1.0, 1.0], [-1.0, -2.0], [0.0, 0.0], [-1.0, 1.0]]


def two_layers() -> Network:
    """Four units of these weights, and on them: their sum, minus their sum, and what only the fourth lets through."""
    network = Network(make_run(hidden=[4, 3], batch_size=2, batch_norm=False), 2)
    with torch.no_grad():
        network.layers[0].linear.weight.copy_(torch.tensor(WEIGHTS))
        network.layers[1].linear.weight.copy_(torch.tensor([[1.0] * 4, [-1.0] * 4, [0.0, 0.0, 0.0, 1.0]]))
        network.layers[1].linear.bias.copy_(torch.tensor([0.0, 0.0, -0.5]))
    return network


@pytest.mark.parametrize("chunk", [1, 1000])
def test_units_of_both_layers(chunk):
    dead, inactive = dead_and_inactive_units(two_layers(), PIXELS, chunk)
    assert dead.tolist() == inactive.tolist() == [False, True, True, False, False, True, False]
    tested = evaluate(two_layers(), to_inputs(PIXELS), torch.tensor([0, 1, 2]), 2, chunk)
    assert tested.active_fraction.tolist() == pytest.approx([1, 0, 0, 1 / 3, 1, 0, 1 / 3])
    assert tested.accuracy_batch_statistics == tested.accuracy  # without BN


def test_the_second_layer_is_measured_when_no_unit_of_the_first_is_left():
    network = two_layers()
    with torch.no_grad():
        network.layers[0].linear.weight.fill_(1)  # no unit of the first layer is dead
        network.layers[1].linear.bias.copy_(torch.tensor([-4.01, 0.0, -2.0]))
    dead, _ = dead_and_inactive_units(network, PIXELS, 1)
    # The third image alone is bright enough for the first unit: four times 256 / 255 is above 4.01.
    assert dead.tolist() == [False] * 5 + [True, True]


@pytest.mark.parametrize("sizes", [[4, 4, 4, 4, 5], [10, 11], [11, 10], [7, 7, 7], [16, 5], [21]], ids=str)
@pytest.mark.parametrize("chunk", [1, 8, 1000])
def test_mini_batches_are_normalised_as_in_training_mode(sizes, chunk):
    """A single image left over joins the mini-batch before it; nothing is changed."""
    generator = torch.Generator().manual_seed(5)
    images, labels = torch.rand(21, 6, generator=generator), torch.randint(0, 10, (21,), generator=generator)
    network = Network(make_run(hidden=[7, 5], batch_size=10), 6)
    for _ in range(20):
        network(images[:10])  # moves the running statistics
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    found = evaluate(network, images, labels, min(sizes[0], 20), chunk)
    dead_and_inactive_units(network, (255 * images).byte(), chunk)
    assert all(torch.equal(before[name], tensor) for name, tensor in network.state_dict().items())
    running = network.eval()(images)
    assert found.accuracy == (running.argmax(1) == labels).double().mean().item()
    assert found.loss == pytest.approx(torch.nn.functional.cross_entropy(running, labels).item(), rel=1e-5)
    network.train()
    own = torch.cat([network(part) for part in images.split(sizes)])
    assert found.accuracy_batch_statistics == (own.argmax(1) == labels).double().mean().item()


@pytest.mark.parametrize("chunk", [1000, 3, 2])
def test_before_the_first_step_bn_uses_the_statistics_of_the_training_images(chunk):
    """Mean and unbiased variance of the images, or with several chunks the mean of those of the chunks.

    An image that would be a chunk alone has no variance; it joins the three before it.
    """
    network = Network(make_run(hidden=[3], batch_size=2), 2)
    with torch.no_grad():
        network.hidden.weight.copy_(torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]]))
        network.norm.bias.copy_(torch.tensor([0.0, -3.0, 0.0]))
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    pixels = torch.tensor([[255, 0], [0, 255], [51, 51], [153, 0]], dtype=torch.uint8)
    measured = with_training_statistics(network, pixels, chunk)
    active_fraction = evaluate(measured, to_inputs(pixels), torch.zeros(4, dtype=torch.int64), 2).active_fraction
    dead, inactive = dead_and_inactive_units(measured, pixels)
    linear = np.array([[1, 0], [0, 1], [0.2, 0.2], [0.6, 0]])
    parts = np.split(linear, len(linear) // min(chunk, len(linear)))
    mean, variance = (
        np.mean([f(part) for part in parts], axis=0) for f in (lambda x: x.mean(0), lambda x: x.var(0, ddof=1))
    )
    above = (linear - mean) / np.sqrt(variance + 1e-5) + [0, -3] > 0
    assert active_fraction.tolist() == [*above.mean(0), 0]
    assert dead.tolist() == inactive.tolist() == [*~above.any(0), True]
    assert all(torch.equal(network.state_dict()[name], tensor) for name, tensor in before.items())
    assert network.training


def test_chunks_are_smaller_where_a_layer_has_many_activations():
    assert chunk_size(make_run()) == 1000
    assert chunk_size(make_run(hidden=[5000])) == 500
    assert chunk_size(make_run(convolutions=[2, 40], hidden=[4])) == 2_500_000 // (40 * 14 * 14)
    assert chunk_size(make_run(convolutions=[3000], hidden=[4])) == 2
