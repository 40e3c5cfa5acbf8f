"""The two engines on real mini-batches of MNIST: they do the same, step by step."""

import logging
import sys
from copy import deepcopy

import numpy as np
import pytest
import torch
from torch import Tensor

from dying_relu.data.images import Scaling, load_images, to_inputs
from dying_relu.engines.engine import choose
from dying_relu.engines.numba_engine import NumbaEngine
from dying_relu.engines.torch_engine import TorchEngine
from dying_relu.model.network import Network
from dying_relu.model.seeding import image_order
from helpers import make_run

IMAGES = 6000


@pytest.fixture(scope="module")
def images(mnist):
    return load_images(mnist, IMAGES)


def copy_state(plain: TorchEngine, fast: NumbaEngine) -> None:
    """Give the fast engine the weights, running statistics and Adam averages of the plain one."""
    with torch.no_grad():
        for name, tensor in plain.network.state_dict().items():
            fast.network.state_dict()[name].copy_(tensor)
    for ours, theirs in zip(adam_averages(fast), adam_averages(plain), strict=True):
        ours[...] = theirs


def adam_averages(engine) -> list[np.ndarray]:
    """Mean and square of every parameter, in the order of the network's parameters."""
    found = []
    for name, parameter in engine.network.named_parameters():
        if isinstance(engine, TorchEngine):
            state = engine._optimizer.state[parameter]
            found += [state["exp_avg"].numpy(), state["exp_avg_sq"].numpy()]
        else:
            for averages in (engine._mean, engine._square):
                array = averages_of(name, averages)
                found.append(array[tuple(slice(size) for size in parameter.shape)])
    return found


def averages_of(name: str, averages) -> np.ndarray:
    """Where the fast engine has an average of the parameter that the network calls so."""
    if name.startswith("output"):
        return {"output.weight": averages.output, "output.bias": averages.output_bias}[name]
    _, index, part = name.split(".", 2)
    layer = averages.layers[int(index)]
    return {
        "linear.weight": layer.weight.T, "linear.bias": layer.bias, "norm.weight": layer.gamma, "norm.bias": layer.beta,
    }[part]  # fmt: skip


def exact_gradients(network: Network, inputs: Tensor, labels: Tensor) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """The gradient of every parameter in float64, and how far each of its values may be off in float32.

    Rounding moves all of them by some 1e-5 of the largest. A pre-activation within rounding of 0 may besides fall on
    either side, which moves the gradients of all layers up to its own by what is computed here: with that sign flipped.
    """
    exact = deepcopy(network).double().train()
    shifts: dict[int, Tensor] = {}
    seen: list[Tensor] = []

    def shift(_module, arguments):
        (pre_activation,) = arguments
        seen.append(pre_activation.detach() + shifts.get(len(seen), 0))
        return pre_activation + shifts.get(len(seen) - 1, 0)

    exact.activation.register_forward_pre_hook(shift)

    def gradients() -> dict[str, np.ndarray]:
        seen.clear()
        exact.zero_grad()
        torch.nn.functional.cross_entropy(exact(inputs.double()), labels).backward()
        return {name: parameter.grad.numpy().copy() for name, parameter in exact.named_parameters()}

    expected = gradients()
    allowed = {name: 2e-5 * np.abs(gradient).max() for name, gradient in expected.items()}
    for layer, pre_activation in enumerate([*seen]):
        for place in (pre_activation.abs() < 1e-5 * pre_activation.abs().max()).nonzero():
            flipped = torch.zeros_like(pre_activation)
            flipped[tuple(place)] = -2 * pre_activation[tuple(place)]
            shifts.update({layer: flipped})
            for name, gradient in gradients().items():
                allowed[name] = allowed[name] + 1.5 * np.abs(gradient - expected[name])
            shifts.clear()
    return {name: (gradient, np.broadcast_to(allowed[name], gradient.shape)) for name, gradient in expected.items()}


@pytest.mark.parametrize("batch_norm", [True, False])
@pytest.mark.parametrize("slope", [None, 0.001, 0.5])
@pytest.mark.parametrize("batch_size", [10, 70, 100])
@pytest.mark.parametrize("scaling", ["unit_interval", "standardized"])
@pytest.mark.parametrize("hidden", [[256], [100, 70, 30]])
def test_each_of_the_first_fifty_steps(images, batch_norm, slope, batch_size, scaling, hidden):
    """Both engines take every step from the same state, and are held to float64; else differences would grow."""
    activation = "relu" if slope is None else "leaky_relu"
    run = make_run(
        batch_norm=batch_norm, activation=activation, negative_slope=slope, batch_size=batch_size, hidden=hidden
    )
    scaling = Scaling.of(scaling, images.train)
    plain, fast = (
        make(run, Network(run, 784, scaling), images.train, images.train_labels) for make in (TorchEngine, NumbaEngine)
    )
    for step, batch in enumerate(image_order(run.seed, 1, IMAGES).split(batch_size)[:50]):
        if step:
            copy_state(plain, fast)
        exact = exact_gradients(plain.network, to_inputs(images.train[batch], scaling), images.train_labels[batch])
        before = adam_averages(plain) if step else [np.zeros(1)] * 2 * len(exact)
        before = [average.copy() for average in before]
        (loss, correct), (other_loss, other_correct) = plain.train([batch]), fast.train([batch])
        assert other_loss.item() == pytest.approx(loss.item(), rel=1e-5, abs=1e-6)
        # Of two logits that are equal up to rounding, either may be the larger: more likely where all inputs are lit.
        assert abs(other_correct.item() - correct.item()) <= (1 if scaling.mean else 0)
        for engine in (plain, fast):
            for layer in range(len(hidden)):
                gradient, allowed = exact[f"layers.{layer}.linear.weight"]
                assert (np.abs(engine.gradient(layer).numpy() - gradient) <= allowed).all()
            averages = iter(zip(before, adam_averages(engine), strict=True))
            for gradient, allowed in exact.values():
                (mean, new_mean), (square, new_square) = next(averages), next(averages)
                rounding = 1e-6 * np.abs(new_mean).max()
                expected = mean + (1 - run.beta1) * (gradient - mean)
                assert (np.abs(new_mean - expected) <= (1 - run.beta1) * allowed + rounding).all()
                rounding = 1e-6 * np.abs(new_square).max()
                expected = run.beta2 * square + (1 - run.beta2) * gradient**2
                off = (2 * np.abs(gradient) + allowed) * allowed
                assert (np.abs(new_square - expected) <= (1 - run.beta2) * off + rounding).all()
        # Where a gradient is nearly 0, Adam divides rounding by rounding, up to a step of the learning rate. With BN
        # and standardised inputs that is so wherever a whole mini-batch is dark: the errors sum to 0 over it.
        rounding = 0.6 if batch_norm and scaling.mean else 0.1
        for (name, ours), theirs in zip(plain.network.named_parameters(), fast.network.parameters(), strict=True):
            difference = (ours - theirs).detach().abs().numpy()
            gradient, allowed = exact[name]
            settled = allowed <= 3e-5 * np.abs(gradient).max()  # no sign that could flip matters here
            assert (difference[settled] > 2e-6).sum() <= rounding * difference.size, name
            assert difference.max() < 2 * run.learning_rate, name
        if batch_norm:
            for layers in zip(plain.network.layers, fast.network.layers, strict=True):
                for statistic in ("running_mean", "running_var"):
                    ours, theirs = (getattr(layer.norm, statistic).numpy() for layer in layers)
                    assert theirs == pytest.approx(ours, rel=0, abs=1e-5 * float(np.abs(ours).max()))


@pytest.mark.parametrize("batch_norm", [True, False])
@pytest.mark.parametrize("scaling", ["unit_interval", "standardized"])
@pytest.mark.parametrize("inputs", [784, 781])
@pytest.mark.parametrize("hidden", [[256], [37, 5]])
def test_the_last_mini_batch_may_be_smaller(images, batch_norm, scaling, inputs, hidden):
    run = make_run(batch_norm=batch_norm, batch_size=70, train_images=200, hidden=hidden)
    pixels = images.train[:200, :inputs].contiguous()
    states = []
    for make in (TorchEngine, NumbaEngine):
        engine = make(run, Network(run, inputs, Scaling.of(scaling, pixels)), pixels, images.train_labels[:200])
        losses, correct = engine.train(image_order(1, 1, 200).split(70))
        assert len(losses) == len(correct) == 3
        states.append((losses, correct, engine.network.output.weight.detach()))
    # What the first steps differ by (see above) comes on top with standardised inputs.
    rounding = 1e-5 if scaling == "unit_interval" else 1e-4
    assert states[0][0].numpy() == pytest.approx(states[1][0].numpy(), rel=rounding)
    assert states[0][1].tolist() == states[1][1].tolist()
    assert states[0][2].numpy() == pytest.approx(states[1][2].numpy(), abs=rounding)


@pytest.mark.parametrize("make", [TorchEngine, NumbaEngine])
@pytest.mark.parametrize("batch_size", [100, 128, 300])
@pytest.mark.parametrize("hidden", [[256], [100, 70, 30]])
def test_first_gradients_against_float64(images, make, batch_size, hidden):
    run = make_run(batch_size=batch_size, hidden=hidden)
    network = Network(run, 784)
    exact = Network(run, 784).double()
    index = image_order(run.seed, 1, IMAGES)[:batch_size]
    engine = make(run, network, images.train, images.train_labels)
    engine.train([index])
    loss = torch.nn.functional.cross_entropy(exact(to_inputs(images.train[index]).double()), images.train_labels[index])
    loss.backward()
    for index, layer in enumerate(exact.layers):
        gradient = layer.linear.weight.grad.numpy()
        assert engine.gradient(index).numpy() == pytest.approx(gradient, rel=1e-3, abs=1e-5 * np.abs(gradient).max())


@pytest.mark.parametrize(("batch_norm", "slope"), [(True, None), (True, 0.01), (False, None)])
@pytest.mark.parametrize("batch_size", [7, 100, 333])
@pytest.mark.parametrize("scaling", ["unit_interval", "standardized"])
@pytest.mark.parametrize("hidden", [[256], [100, 70, 30]])
def test_both_engines_measure_the_same(images, batch_norm, slope, batch_size, scaling, hidden):
    """1,000 = 333 x 3 + 1: the last mini-batch there has 334 images."""
    activation = "relu" if slope is None else "leaky_relu"
    run = make_run(
        batch_norm=batch_norm, activation=activation, negative_slope=slope, batch_size=batch_size, hidden=hidden
    )
    scaling = Scaling.of(scaling, images.train)
    plain, fast = (
        make(run, Network(run, 784, scaling), images.train, images.train_labels) for make in (TorchEngine, NumbaEngine)
    )
    test_plain, test_fast = (engine.tester(images.test[:1000], images.test_labels[:1000]) for engine in (plain, fast))
    plain.train(image_order(run.seed, 1, IMAGES).split(batch_size)[:20])
    copy_state(plain, fast)
    before = {name: tensor.clone() for name, tensor in fast.network.state_dict().items()}
    expected = test_plain()
    for _ in range(2):
        found = test_fast()
        assert found.loss == pytest.approx(expected.loss, rel=1e-5)
        assert found.accuracy == pytest.approx(expected.accuracy, abs=0.0011)
        assert found.accuracy_batch_statistics == pytest.approx(expected.accuracy_batch_statistics, abs=0.0011)
        assert found.active_fraction.numpy() == pytest.approx(expected.active_fraction.numpy(), abs=0.0011)
    assert all(torch.equal(before[name], tensor) for name, tensor in fast.network.state_dict().items())


def test_images_without_a_zero_and_without_a_pixel(images):
    run = make_run(batch_size=20, train_images=60)
    pixels = images.train[:60].clone()
    pixels[::2] = 255 - pixels[::2] // 2  # every pixel of these is lit
    pixels[1] = 0
    losses = []
    for make in (TorchEngine, NumbaEngine):
        engine = make(run, Network(run, 784), pixels, images.train_labels[:60])
        losses.append(engine.train(torch.arange(60).split(20))[0].numpy())
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)


def test_auto_says_when_it_cannot_have_numba(monkeypatch, caplog):
    run = make_run()
    assert choose("auto", run) is NumbaEngine
    assert choose("torch", run) is TorchEngine
    monkeypatch.setitem(sys.modules, "dying_relu.engines.numba_engine", None)
    with caplog.at_level(logging.WARNING):
        assert choose("auto", run) is TorchEngine
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "training with the plain torch engine" in caplog.text
    with pytest.raises(ImportError):
        choose("numba", run)


def test_auto_says_when_the_fast_engine_does_not_cover_the_run(caplog):
    run = make_run(convolutions=[4])
    with caplog.at_level(logging.WARNING):
        assert choose("auto", run) is TorchEngine
    assert [record.getMessage() for record in caplog.records] == [
        f"{run.name}: the fast engine takes networks without convolutions only; training with the plain torch engine, "
        "which is slower"
    ]
    with pytest.raises(ValueError, match="without convolutions only"):
        choose("numba", run)
