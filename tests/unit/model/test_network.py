"""Networks, inputs and random streams by their definitions, in NumPy and float64."""

import math

import numpy as np
import pytest
import torch

from dying_relu.configuration.run import Run
from dying_relu.data.images import Images, Scaling
from dying_relu.engines.torch_engine import TorchEngine
from dying_relu.measurements.dead_units import dead_and_inactive_units
from dying_relu.measurements.evaluation import evaluate
from dying_relu.model.network import Network, to_inputs
from dying_relu.model.seeding import ORDER, WEIGHTS, generator, image_order
from helpers import make_run

LABELS = torch.tensor([3, 1, 4, 1, 5, 9, 2, 6])


@pytest.fixture
def pixels() -> torch.Tensor:
    return torch.randint(0, 256, (8, 6), generator=torch.Generator().manual_seed(1), dtype=torch.uint8)


@pytest.mark.parametrize(
    ("parameters", "std"),
    [
        ({}, lambda inputs, outputs: math.sqrt(2 / inputs)),  # he_normal
        ({"initialization": "xavier_normal"}, lambda inputs, outputs: math.sqrt(2 / (inputs + outputs))),
        ({"initialization": "normal", "initial_deviation": 0.3}, lambda inputs, outputs: 0.3),
        ({"initialization": "torch_default"}, lambda inputs, outputs: 1 / math.sqrt(3 * inputs)),  # bound / sqrt(3)
    ],
)
def test_initial_weights_have_their_distribution_and_biases_are_constant(parameters, std):
    uniform = "torch_default" in parameters.values()
    bias = 0 if uniform else -0.25
    network = Network(make_run(hidden=[256, 64], batch_norm=False, bias=bias, **parameters), 784)
    linear_maps = [*(layer.linear for layer in network.layers), network.output]
    assert [linear.weight.shape for linear in linear_maps] == [(256, 784), (64, 256), (10, 64)]
    for linear, rel in zip(linear_maps, (0.01, 0.02, 0.1), strict=True):
        expected = std(linear.in_features, linear.out_features)
        assert linear.weight.std().item() == pytest.approx(expected, rel=rel)
        assert linear.weight.mean().item() == pytest.approx(0, abs=rel * expected)
        if uniform:
            assert max(linear.weight.abs().max(), linear.bias.abs().max()) <= math.sqrt(3) * expected
            assert len(linear.bias.unique()) > 1
        else:
            assert linear.bias.unique().tolist() == [bias]


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
    "silu": lambda x: x / (1 + np.exp(-x)),
    "gelu": lambda x: x * (1 + np.vectorize(math.erf)(x / math.sqrt(2))) / 2,
    "relu": lambda x: np.maximum(x, 0),
}


def convolved(images: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """`[n, channels, rows, columns]` of images of that shape: each 3 x 3 neighbourhood times a channel's kernel."""
    padded = np.pad(images, ((0, 0), (0, 0), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(2, 3))
    return np.einsum("nchwij,kcij->nkhw", windows, weight)


def by_definition(network: Network, run: Run, seen: np.ndarray, statistics=None):
    """The pre-activations of each layer, the logits, and the statistics that BN uses: mean, variance, number of values.

    They are `statistics`, or those of the images `seen`.
    """
    p = {name: tensor.detach().numpy().astype(np.float64) for name, tensor in network.named_parameters()}
    images, function, pre_activations, used = len(seen), FUNCTIONS[run.activation], [], []
    for layer in range(len(network.layers)):
        weight = p[f"layers.{layer}.linear.weight"]
        side = 28 // 2**layer
        convolutional = weight.ndim == 4
        linear = convolved(seen.reshape(images, -1, side, side), weight) if convolutional else seen @ weight.T
        each = (-1, 1, 1) if convolutional else -1
        linear = linear + p.get(f"layers.{layer}.linear.bias", np.zeros(1)).reshape(each)

        def normalized(values, layer=layer, each=each):
            if not run.batch_norm:
                return values
            over = {"axis": (0, *range(2, values.ndim)), "keepdims": True}
            own = values.mean(**over), values.var(**over), values[:, 0].size
            used.append(statistics[layer] if statistics else own)
            mean, variance, _ = used[layer]
            gamma, beta = (p[f"layers.{layer}.norm.{name}"].reshape(each) for name in ("weight", "bias"))
            return gamma * (values - mean) / np.sqrt(variance + 1e-5) + beta

        before = run.batch_norm_position == "before_activation"
        pre_activations.append(normalized(linear) if before else linear)
        output = function(pre_activations[-1]) if before else normalized(function(linear))
        if convolutional:
            output = output.reshape(images, len(weight), side // 2, 2, side // 2, 2).max(axis=(3, 5))
        seen = output.reshape(images, -1)
    return pre_activations, seen @ p["output.weight"].T + p["output.bias"], used


@pytest.mark.parametrize("activation", FUNCTIONS)
@pytest.mark.parametrize(
    ("batch_norm", "position"),
    [(True, "before_activation"), (True, "after_activation"), (False, "before_activation")],
)
@pytest.mark.parametrize(("convolutions", "hidden"), [([], [5]), ([4, 3], [5, 4])])
def test_the_network_and_its_measurements_by_their_definition(activation, batch_norm, position, convolutions, hidden):
    """In each layer the first unit is far below 0 and the second at 0, so that ReLU and GELU, or all, make it dead."""
    run = make_run(convolutions=convolutions, hidden=hidden, batch_size=8, train_images=8, activation=activation,
                   batch_norm=batch_norm, batch_norm_position=position)  # fmt: skip
    network, source = Network(run, 784), torch.Generator().manual_seed(1)
    pixels = torch.randint(0, 256, (8, 784), generator=source, dtype=torch.uint8)
    with torch.no_grad():
        for layer in network.layers:
            layer.linear.weight[1] = 0
            if batch_norm:
                layer.norm.bias.copy_(torch.randn(layer.units, generator=source))
            front = layer.norm if batch_norm and position == "before_activation" else layer.linear
            front.bias.copy_(0.1 * torch.randn(layer.units, generator=source))
            front.bias[:2] = torch.tensor([-50, 0])
    inputs, x = to_inputs(pixels), pixels.numpy() / 255
    _, logits, used = by_definition(network, run, x)
    assert network(inputs).detach().numpy() == pytest.approx(logits, abs=2e-5)
    # The eight images are one mini-batch, so evaluation with batch statistics gives the same.
    tested = evaluate(network, inputs, LABELS, 8)
    assert tested.accuracy_batch_statistics == (logits.argmax(1) == LABELS.numpy()).mean()
    # Running averages after one step: 0.9 of (0, 1), and 0.1 of the mini-batch's mean and unbiased variance.
    running = [(0.1 * mean, 0.9 + 0.1 * variance * n / (n - 1), n) for mean, variance, n in used]
    pre_activations, logits, _ = by_definition(network, run, x, running)
    assert tested.accuracy == (logits.argmax(1) == LABELS.numpy()).mean()
    units = [np.moveaxis(values, 1, 0).reshape(values.shape[1], -1) for values in pre_activations]
    active = [(values > 0).mean() for layer in units for values in layer]
    assert tested.active_fraction == pytest.approx(active, abs=1e-3)
    dead, inactive = dead_and_inactive_units(network, pixels)
    assert dead.tolist() == [(FUNCTIONS[activation](values) == 0).all() for layer in units for values in layer]
    assert inactive.tolist() == [(values <= 0).all() for layer in units for values in layer]
    assert inactive.sum() >= 2 * len(units)


@pytest.mark.parametrize("momentum", [0, 0.9])
def test_sgd_by_its_definition(pixels, momentum):
    """Two steps on the same mini-batch: velocity = momentum * velocity + gradient, step = -rate * velocity."""
    sgd = {"optimizer": "sgd", "momentum": momentum, "learning_rate": 0.5}
    run = make_run(hidden=[5], batch_size=8, train_images=8, batch_norm=False, **sgd)
    images = pixels.numpy(), LABELS.numpy()
    engine = TorchEngine(run, Images(*images, *images))
    reference = Network(run, 6).double()
    velocity = [torch.zeros_like(parameter) for parameter in reference.parameters()]
    for _ in range(2):
        engine.train([np.arange(8)])
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
    scaling = Scaling.of("standardized", pixels.numpy())
    inputs = to_inputs(pixels, scaling).numpy()
    assert inputs == pytest.approx((x - x.mean()) / x.std(), abs=1e-6)
    assert np.array_equal(inputs, scaling.inputs()[pixels])
    with pytest.raises(ValueError, match="all pixels of the training images are equal"):
        Scaling.of("standardized", np.full((3, 4), 7, np.uint8))


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


def test_random_streams_come_back_and_are_independent_of_each_other():
    orders = [tuple(image_order(seed, epoch, 50).tolist()) for seed in (1, 2) for epoch in (1, 2)]
    assert len(set(orders)) == 4
    assert tuple(image_order(1, 1, 50).tolist()) == orders[0]
    assert sorted(orders[0]) == list(range(50))
    one, other = (generator(1, stream).random(5).tolist() for stream in (WEIGHTS, ORDER))
    assert one != other
