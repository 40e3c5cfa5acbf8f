"""Networks and inputs by their definitions: initial weights, activations, BN after them, SGD, standardised inputs."""

import math

import numpy as np
import pytest
import torch

from dying_relu.data.images import Scaling, to_inputs
from dying_relu.engines.torch_engine import TorchEngine
from dying_relu.measurements.dead_units import dead_and_inactive_units
from dying_relu.measurements.evaluation import evaluate
from dying_relu.model.network import Network
from helpers import make_run

LABELS = torch.tensor([3, 1, 4, 1, 5, 9, 2, 6])


@pytest.fixture
def pixels() -> torch.Tensor:
    return torch.randint(0, 256, (8, 6), generator=torch.Generator().manual_seed(1), dtype=torch.uint8)


def exact(network: Network) -> dict[str, np.ndarray]:
    return {name: tensor.detach().numpy().astype(np.float64) for name, tensor in network.named_parameters()}


@pytest.mark.parametrize(
    ("parameters", "std"),
    [
        ({"initialization": "xavier_normal"}, math.sqrt(2 / (784 + 256))),
        ({"initialization": "normal", "initial_deviation": 0.3}, 0.3),
        ({"initialization": "torch_default"}, 1 / math.sqrt(3 * 784)),  # uniform: bound / sqrt(3)
    ],
)
def test_initial_weights_have_their_distribution(parameters, std):
    network = Network(make_run(batch_norm=False, **parameters), 784)
    weights = network.hidden.weight.detach()
    assert weights.std().item() == pytest.approx(std, rel=0.01)
    assert weights.mean().item() == pytest.approx(0, abs=0.01 * std)
    if parameters["initialization"] == "torch_default":
        for linear in (network.hidden, network.output):
            bound = 1 / math.sqrt(linear.in_features)
            for tensor in (linear.weight, linear.bias):
                assert 0.9 * bound < tensor.abs().max().item() <= bound if len(tensor) > 10 else tensor.unique().numel()
    else:
        assert network.hidden.bias.unique().tolist() == [0]


def test_biases_are_in_front_of_the_activation():
    """The bias is BN's shift where BN stands before the activation, otherwise the linear map's."""
    before, after = (
        Network(make_run(bias=-2, batch_norm_position=position), 6)
        for position in ("before_activation", "after_activation")
    )
    assert before.norm.bias.unique().tolist() == [-2]
    assert before.hidden.bias is None
    assert after.norm.bias.unique().tolist() == [0]
    assert after.hidden.bias.unique().tolist() == [-2]


FUNCTIONS = {
    "elu": lambda x: np.where(x > 0, x, np.exp(np.minimum(x, 0)) - 1),
    "gelu": lambda x: x * (1 + np.vectorize(math.erf)(x / math.sqrt(2))) / 2,
    "relu": lambda x: np.maximum(x, 0),
}


@pytest.mark.parametrize("activation", FUNCTIONS)
@pytest.mark.parametrize("position", ["before_activation", "after_activation"])
def test_the_network_by_its_definition(pixels, activation, position):
    """Training mode normalises with the statistics of the mini-batch."""
    run = make_run(hidden=[5], batch_size=8, train_images=8, activation=activation, batch_norm_position=position)
    network = Network(run, 6)
    p, x = exact(network), pixels.numpy() / 255
    linear = x @ p["layers.0.linear.weight"].T + p.get("layers.0.linear.bias", 0)

    def normalized(values):
        return (values - values.mean(0)) / np.sqrt(values.var(0) + 1e-5)

    function = FUNCTIONS[activation]
    hidden = function(normalized(linear)) if position == "before_activation" else normalized(function(linear))
    logits = hidden @ p["output.weight"].T + p["output.bias"]
    assert network(to_inputs(pixels)).detach().numpy() == pytest.approx(logits, abs=1e-5)
    # The eight images are one mini-batch, so evaluation with batch statistics gives the same.
    result = evaluate(network, to_inputs(pixels), LABELS, 8)
    assert result.accuracy_batch_statistics == (logits.argmax(1) == LABELS.numpy()).mean()
    # Running averages after one step: 0.9 of (0, 1), and 0.1 of the mini-batch's mean and unbiased variance.
    watched = linear if position == "before_activation" else function(linear)
    running = watched - 0.1 * watched.mean(0)
    running /= np.sqrt(0.9 + 0.1 * watched.var(0) * 8 / 7 + 1e-5)
    pre_activation = running if position == "before_activation" else linear
    assert result.active_fraction.tolist() == (pre_activation > 0).mean(0).tolist()
    hidden = function(running) if position == "before_activation" else running
    accuracy = ((hidden @ p["output.weight"].T + p["output.bias"]).argmax(1) == LABELS.numpy()).mean()
    assert result.accuracy == accuracy


def test_dead_units_are_those_of_the_activation_wherever_bn_stands(pixels):
    """BN after the activation moves the zeros of a dead unit; the unit stays dead."""
    run = make_run(hidden=[2], batch_size=8, train_images=8, batch_norm_position="after_activation")
    network = Network(run, 6)
    with torch.no_grad():
        network.hidden.weight.copy_(torch.tensor([[1.0] * 6, [-1.0] * 6]))
        network.norm.bias.fill_(5)
    dead, inactive = dead_and_inactive_units(network, pixels)
    assert dead.tolist() == inactive.tolist() == [False, True]


@pytest.mark.parametrize(("activation", "dead"), [("elu", [False, False, True]), ("gelu", [False, True, True])])
def test_what_dead_means_for_smooth_functions(activation, dead):
    """ELU is 0 at 0 only; GELU also far below, where the normal distribution function underflows."""
    network = Network(make_run(hidden=[3], batch_norm=False, activation=activation), 2)
    with torch.no_grad():
        network.hidden.weight.copy_(torch.tensor([[1.0, 1.0], [-40.0, -40.0], [0.0, 0.0]]))
    pixels = torch.tensor([[255, 255], [128, 255]], dtype=torch.uint8)
    assert dead_and_inactive_units(network, pixels)[0].tolist() == dead
    assert dead_and_inactive_units(network, pixels)[1].tolist() == [False, True, True]


@pytest.mark.parametrize("momentum", [0, 0.9])
def test_sgd_by_its_definition(pixels, momentum):
    """Two steps on the same mini-batch: velocity = momentum * velocity + gradient, step = -rate * velocity."""
    run = make_run(
        hidden=[5],
        batch_size=8,
        train_images=8,
        optimizer="sgd",
        momentum=momentum,
        learning_rate=0.5,
        batch_norm=False,
    )
    engine = TorchEngine(run, Network(run, 6), pixels, LABELS)
    reference = Network(run, 6).double()
    velocity = [torch.zeros_like(parameter) for parameter in reference.parameters()]
    for _ in range(2):
        engine.train([torch.arange(8)])
        loss = torch.nn.functional.cross_entropy(reference(to_inputs(pixels).double()), LABELS)
        gradients = torch.autograd.grad(loss, list(reference.parameters()))
        velocity = [momentum * v + g for v, g in zip(velocity, gradients, strict=True)]
        with torch.no_grad():
            for parameter, v in zip(reference.parameters(), velocity, strict=True):
                parameter -= 0.5 * v
    for ours, theirs in zip(engine.network.parameters(), reference.parameters(), strict=True):
        assert ours.detach().numpy() == pytest.approx(theirs.detach().numpy(), abs=1e-6)


def test_standardized_inputs_have_mean_0_and_std_1(pixels):
    x = pixels.numpy() / 255
    inputs = to_inputs(pixels, Scaling.of("standardized", pixels)).numpy()
    assert inputs == pytest.approx((x - x.mean()) / x.std(), abs=1e-6)
    assert Scaling.of("unit_interval", pixels) == Scaling()


def test_equal_pixels_cannot_be_standardized():
    with pytest.raises(ValueError, match="all pixels of the training images are equal"):
        Scaling.of("standardized", torch.full((3, 4), 7, dtype=torch.uint8))


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


def test_runs_of_one_seed_start_from_the_same_weights():
    """Whatever differs otherwise, and whatever follows a layer."""
    one, other, third = (
        Network(make_run(**parameters), 784)
        for parameters in ({}, {"batch_norm": False, "activation": "leaky_relu", "negative_slope": 0.5}, {"seed": 1})
    )
    assert torch.equal(one.hidden.weight, other.hidden.weight)
    assert torch.equal(one.output.weight, other.output.weight)
    assert not torch.equal(one.hidden.weight, third.hidden.weight)
    assert torch.equal(one.hidden.weight, Network(make_run(hidden=[256, 64]), 784).hidden.weight)


def test_weights_are_he_normal_and_biases_constant():
    network = Network(make_run(hidden=[256, 64], batch_norm=False, bias=-0.25), 784)
    linear_maps = [*(layer.linear for layer in network.layers), network.output]
    assert [linear.weight.shape for linear in linear_maps] == [(256, 784), (64, 256), (10, 64)]
    for linear, rel in zip(linear_maps, (0.01, 0.02, 0.1), strict=True):
        assert linear.weight.std().item() == pytest.approx(np.sqrt(2 / linear.in_features), rel=rel)
        assert linear.bias.unique().tolist() == [-0.25]
    assert network.hidden.weight.mean().item() == pytest.approx(0, abs=0.001)
