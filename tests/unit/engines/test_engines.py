"""Both engines on mini-batches of MNIST: they do the same, step by step, and as float64 does it."""

import logging
import sys
from copy import deepcopy

import numpy as np
import pytest
import torch
from torch import Tensor

from dying_relu.data.images import Images, Scaling, load_images
from dying_relu.engines.engine import choose
from dying_relu.engines.numba_engine import NumbaEngine
from dying_relu.engines.torch_engine import TorchEngine
from dying_relu.measurements.results import mini_batch_sizes
from dying_relu.model.network import Network, to_inputs
from dying_relu.model.seeding import image_order, mini_batches, order_of_test_images
from helpers import make_run

IMAGES, TEST_IMAGES = 6000, 1000
ADAM = make_run()
BN_SLOPE = [(True, None), (True, 0.001), (True, 0.5), (False, None), (False, 0.001), (False, 0.5)]


@pytest.fixture(scope="module")
def images(mnist):
    return load_images(mnist, IMAGES)


def make_engines(images, pixels, slope=None, **parameters) -> tuple[TorchEngine, NumbaEngine]:
    """Both engines for the same network and training images."""
    kind = {"activation": "relu" if slope is None else "leaky_relu", "negative_slope": slope}
    run = make_run(**kind | parameters)
    count, inputs = pixels.shape
    test = np.ascontiguousarray(images.test[:TEST_IMAGES, :inputs])
    chosen = Images(pixels, images.train_labels[:count], test, images.test_labels[:TEST_IMAGES])
    return TorchEngine(run, chosen), NumbaEngine(run, chosen)


def order(epoch: int, count: int, batch_size: int) -> list[np.ndarray]:
    """The mini-batches of an epoch of `count` images."""
    return mini_batches(image_order(make_run().seed, epoch, count), batch_size)


def moments(engine) -> dict[str, list[np.ndarray]]:
    """Adam's first and second moment of every parameter, or SGD's velocity, which is none without momentum."""
    if isinstance(engine, NumbaEngine):
        return {name: [p.first_moment, p.second_moment] for name, p in engine._parameters.items()}
    states = {name: engine._optimizer.state[tensor] for name, tensor in engine.network.named_parameters()}
    keys = ("exp_avg", "exp_avg_sq", "momentum_buffer")
    return {name: [s[key].numpy() for key in keys if s.get(key) is not None] for name, s in states.items()}


def copy_state(plain: TorchEngine, fast: NumbaEngine) -> None:
    """Give the fast engine the weights, running statistics and moments of the plain one."""
    for name, ours in fast.state_dict().items():
        ours[...] = plain.state_dict()[name]
    for name, both in moments(plain).items():
        for ours, theirs in zip(moments(fast)[name], both, strict=False):
            ours[...] = theirs


def in_float64(network: Network, shifts: dict[int, Tensor]) -> tuple[Network, list[Tensor]]:
    """A copy of the network in float64, and where its pre-activations go, layer by layer, after `shifts` are added."""
    exact, seen = deepcopy(network).double(), []

    def watch(_module, arguments):
        seen.append((arguments[0] + shifts.get(len(seen), 0)).detach())
        return arguments[0] + shifts.get(len(seen) - 1, 0)

    exact.activation.register_forward_pre_hook(watch)
    return exact, seen


def tensor(pixels: np.ndarray, scaling: Scaling) -> Tensor:
    """Images as the plain engine's network takes them."""
    return to_inputs(torch.from_numpy(pixels), scaling)


def close_to_zero(values: Tensor) -> Tensor:
    """Where float32 may find another sign."""
    return values.abs() < 1e-5 * values.abs().max()


def exact_gradients(network: Network, inputs: Tensor, labels: Tensor) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """The gradient of every parameter in float64, and how far each of its values may be off in float32.

    Rounding moves all of them by some 1e-5 of the largest. A pre-activation within rounding of 0 may besides fall on
    either side, which moves the gradients of all layers up to its own by what is computed here: with that sign flipped.
    """
    shifts: dict[int, Tensor] = {}
    exact, seen = in_float64(network, shifts)
    exact.train()

    def gradients() -> dict[str, np.ndarray]:
        seen.clear()
        exact.zero_grad()
        torch.nn.functional.cross_entropy(exact(inputs.double()), labels).backward()
        return {name: parameter.grad.numpy().copy() for name, parameter in exact.named_parameters()}

    expected = gradients()
    allowed = {name: 2e-5 * np.abs(gradient).max() for name, gradient in expected.items()}
    for layer, pre_activation in enumerate([*seen]):
        for place in close_to_zero(pre_activation).nonzero():
            flipped = torch.zeros_like(pre_activation)
            flipped[tuple(place)] = -2 * pre_activation[tuple(place)]
            shifts.update({layer: flipped})
            for name, gradient in gradients().items():
                allowed[name] = allowed[name] + 1.5 * np.abs(gradient - expected[name])
            shifts.clear()
    return {name: (gradient, np.broadcast_to(allowed[name], gradient.shape)) for name, gradient in expected.items()}


def check_gradients(engine, exact) -> None:
    for layer in range(sum(name.endswith("linear.weight") for name in exact)):
        gradient, allowed = exact[f"layers.{layer}.linear.weight"]
        assert (np.abs(engine.gradient(layer) - gradient) <= allowed).all(), layer


def check_adam(engine, before, exact) -> None:
    """The moments after a step; what the step itself is, `check_steps` compares."""
    for name, (first, second) in moments(engine).items():
        gradient, allowed = exact[name]
        old_first, old_second = before[name] or (0, 0)
        expected = old_first + (1 - ADAM.beta1) * (gradient - old_first)
        rounding = 1e-6 * np.abs(first).max()
        assert (np.abs(first - expected) <= (1 - ADAM.beta1) * allowed + rounding).all(), name
        expected = ADAM.beta2 * old_second + (1 - ADAM.beta2) * gradient**2
        off = (2 * np.abs(gradient) + allowed) * allowed
        rounding = 1e-6 * np.abs(second).max()
        assert (np.abs(second - expected) <= (1 - ADAM.beta2) * off + rounding).all(), name


def check_sgd(engine, before, start, exact, rate, momentum=0.0) -> None:
    """The parameters after a step of this learning `rate`; `start` before it."""
    for name, (gradient, allowed) in exact.items():
        (old,) = before[name] or (0,)
        expected = start[name] - rate * (momentum * old + gradient)
        rounding = 1e-6 * np.abs(start[name]).max()
        assert (np.abs(engine.state_dict()[name] - expected) <= rate * allowed + rounding).all(), name


def check_steps(images, pixels, batches, **parameters) -> None:
    """Both engines take every step from the same state, and are held to float64; else differences would grow."""
    plain, fast = make_engines(images, pixels, **parameters)
    scaling = plain.network.scaling
    adam = parameters.get("optimizer", "adam") == "adam"
    for number, batch in enumerate(batches, 1):
        copy_state(plain, fast)
        labels = torch.from_numpy(images.train_labels[batch])
        exact = exact_gradients(plain.network, tensor(pixels[batch], scaling), labels)
        before = {name: [m.copy() for m in both] for name, both in moments(plain).items()}
        start = {name: plain.state_dict()[name].copy() for name in exact}
        (loss, correct), (other_loss, other_correct) = plain.train([batch]), fast.train([batch])
        assert other_loss.item() == pytest.approx(loss.item(), rel=1e-5, abs=1e-6)
        # Of two logits that are equal up to rounding, either may be the larger: more likely where all inputs are lit.
        assert abs(other_correct.item() - correct.item()) <= (1 if scaling.mean else 0)
        for engine in (plain, fast):
            check_gradients(engine, exact)
            if adam:
                check_adam(engine, before, exact)
            else:
                rate = parameters["learning_rate"] * min(1, number / parameters.get("warmup_steps", 1))
                check_sgd(engine, before, start, exact, rate, parameters.get("momentum", 0.0))
        # Where a gradient is nearly 0, Adam divides rounding by rounding, up to a step of the learning rate. With BN
        # and standardised inputs that is so wherever a whole mini-batch is dark: the errors sum to 0 over it.
        rounding = 0.6 if parameters["batch_norm"] and scaling.mean else 0.1
        ours, theirs = plain.state_dict(), fast.state_dict()
        assert {name: (array.shape, array.dtype) for name, array in ours.items()} == {
            name: (array.shape, array.dtype) for name, array in theirs.items()
        }
        for name, (gradient, allowed) in exact.items():
            difference = np.abs(ours[name] - theirs[name])
            if not adam:
                continue
            settled = allowed <= 3e-5 * np.abs(gradient).max()  # no sign that could flip matters here
            assert (difference[settled] > 2e-6).sum() <= rounding * difference.size, name
            assert difference.max() < 2 * ADAM.learning_rate, name
        for name in ours:
            if "running" in name:
                assert theirs[name] == pytest.approx(ours[name], rel=0, abs=1e-5 * float(np.abs(ours[name]).max()))
            elif "tracked" in name:
                assert theirs[name] == ours[name]


@pytest.mark.parametrize(("batch_norm", "slope"), BN_SLOPE)
@pytest.mark.parametrize(
    ("batch_size", "steps", "scaling", "hidden"),
    [
        (10, 10, "unit_interval", [256]),
        (10, 5, "standardized", [100, 70, 30]),
        (70, 5, "unit_interval", [100, 70, 30]),
        (100, 3, "standardized", [256]),
        (128, 2, "unit_interval", [256]),
        (300, 2, "standardized", [100, 70, 30]),
    ],
)
def test_the_first_steps(images, batch_norm, slope, batch_size, steps, scaling, hidden):
    batches = order(1, IMAGES, batch_size)[:steps]
    check_steps(images, images.train, batches, batch_norm=batch_norm, slope=slope, batch_size=batch_size,
                input_scaling=scaling, hidden=hidden)  # fmt: skip


SGD = {"optimizer": "sgd", "learning_rate": 0.05}


@pytest.mark.parametrize(
    "other",
    [*({"activation": name} for name in ("elu", "gelu", "silu")), SGD, SGD | {"momentum": 0.9, "warmup_steps": 3}],
    ids=str,
)
@pytest.mark.parametrize("batch_norm", [True, False])
@pytest.mark.parametrize(("batch_size", "hidden"), [(10, [100, 70, 30]), (70, [256])])
def test_the_first_steps_of_other_networks_and_optimisers(images, other, batch_norm, batch_size, hidden):
    batches = order(1, IMAGES, batch_size)[:5]
    check_steps(images, images.train, batches, batch_norm=batch_norm, batch_size=batch_size, hidden=hidden, **other)


MOMENTUM = SGD | {"momentum": 0.9}
# Everything that the fast engine covers at least once, with the fewest programs to compile.
COVERED = [
    *[{"activation": name, "batch_norm": on} for name in ("relu", "elu", "gelu", "silu") for on in (True, False)],
    *[{"slope": 0.01, "batch_norm": on} for on in (True, False)],
    *[{"input_scaling": "standardized", "batch_norm": on} for on in (True, False)],
    *[{"hidden": [70, 30], "batch_norm": on} for on in (True, False)],
    {"warmup_steps": 7, "batch_norm": True},
    *[optimizer | {"batch_norm": on} for optimizer in (SGD, MOMENTUM) for on in (True, False)],
    *[optimizer | {"batch_norm": True, "batch_size": 70} for optimizer in ({}, MOMENTUM)],
]


@pytest.mark.parametrize("parameters", COVERED, ids=str)
def test_steps_and_segments_with_any_instructions(images, parameters):
    """Steps are as float64 takes them. In one call they have the same bits as one by one, and as the time before.

    Within a call, weights of pixels that a mini-batch leaves dark take their step later; at its end there is no later.
    """
    parameters = {"hidden": [100], "batch_size": 10} | parameters
    batches = order(1, 300, parameters["batch_size"])
    check_steps(images, images.train, batches[:2], **parameters)
    together, again, alone, by_seven = (make_engines(images, images.train, **parameters)[1] for _ in range(4))
    found = together.train(batches)
    assert_same_state(again, together, again.train(batches), found)
    results = [alone.train([batch]) for batch in batches]
    assert_same_state(alone, together, map(np.concatenate, zip(*results, strict=True)), found)
    results = [by_seven.train(batches[begin : begin + 7]) for begin in range(0, len(batches), 7)]
    assert_same_state(by_seven, together, map(np.concatenate, zip(*results, strict=True)), found)


def assert_same_state(one: NumbaEngine, other: NumbaEngine, results, other_results) -> None:
    """The engines have the same bits, and so have their losses and counts."""
    for ours, theirs in zip(results, other_results, strict=True):
        assert np.array_equal(ours, theirs)
    state = other.state()
    for name, array in one.state().items():
        assert array.tobytes() == state[name].tobytes(), name
    assert np.array_equal(one.gradient(), other.gradient())


@pytest.mark.parametrize("kind", [TorchEngine, NumbaEngine])
def test_warm_up_makes_the_first_steps_of_adam_smaller(images, kind):
    """Step s of w moves every parameter by s / w of what it moves it without; after a restart, too."""
    batches = order(1, 300, 100)
    with_warm_up, without = (
        make_engines(images, images.train, batch_norm=False, hidden=[16], warmup_steps=steps)[kind is NumbaEngine]
        for steps in (4, 0)
    )
    for number, batch in enumerate(batches, 1):
        start = {name: array.copy() for name, array in with_warm_up.state_dict().items()}
        for name, array in without.state_dict().items():
            array[...] = start[name]
        with_warm_up.train([batch])
        without.train([batch])
        for name, array in with_warm_up.state_dict().items():
            expected = number / 4 * (without.state_dict()[name] - start[name])
            assert array - start[name] == pytest.approx(expected, rel=1e-2, abs=1e-6), name
        restarted = make_engines(images, images.train, batch_norm=False, hidden=[16], warmup_steps=4)[
            kind is NumbaEngine
        ]
        restarted.restore({name: np.array(array) for name, array in with_warm_up.state().items()})
        with_warm_up = restarted


def test_a_gradient_that_is_too_large_gives_no_finite_loss_with_any_instructions(images):
    """Its square is infinite. Whatever the root and the reciprocal of that are, the divergence shows."""
    _, fast = make_engines(images, images.train, batch_norm=False, hidden=[100], batch_size=10)
    fast.state_dict()["output.weight"][:] *= 1e20
    losses, _ = fast.train(order(1, 100, 10))
    assert not np.isfinite(losses[-1])


@pytest.mark.parametrize("batch_norm", [True, False])
def test_sgd_leaves_alone_what_a_mini_batch_does_not_light(images, batch_norm):
    """Several mini-batches in one call, of which only the last one's gradient is kept."""
    batches = order(1, 300, 10)
    plain, fast = make_engines(images, images.train, batch_norm=batch_norm, batch_size=10, **SGD)
    plain.train(batches)
    fast.train(batches)
    for name, ours in plain.state_dict().items():
        assert fast.state_dict()[name] == pytest.approx(ours, rel=1e-3, abs=1e-5)


@pytest.mark.parametrize("batch_norm", [True, False])
@pytest.mark.parametrize("scaling", ["unit_interval", "standardized"])
@pytest.mark.parametrize("inputs", [784, 781])
@pytest.mark.parametrize("hidden", [[256], [37, 5]])
def test_the_last_mini_batch_may_be_smaller(images, batch_norm, scaling, inputs, hidden):
    pixels, batches = np.ascontiguousarray(images.train[:200, :inputs]), order(1, 200, 70)
    parameters = {"batch_norm": batch_norm, "batch_size": 70, "input_scaling": scaling, "hidden": hidden}
    check_steps(images, pixels, batches, **parameters)
    for together, alone in zip(*(make_engines(images, pixels, **parameters) for _ in range(2)), strict=True):
        losses, correct = together.train(batches)
        one_by_one = [alone.train([batch]) for batch in batches]
        assert losses.tolist() == [loss.item() for loss, _ in one_by_one]
        assert correct.tolist() == [count.item() for _, count in one_by_one]
        for name, ours in together.state_dict().items():
            assert np.array_equal(ours, alone.state_dict()[name])


@pytest.mark.parametrize("batch_norm", [True, False])
def test_images_without_a_zero_and_without_a_pixel(images, batch_norm):
    pixels = images.train[:60].copy()
    pixels[::2] = 255 - pixels[::2] // 2  # every pixel of these is lit
    pixels[1] = 0
    check_steps(images, pixels, np.arange(60).reshape(3, 20), batch_norm=batch_norm, batch_size=20)


@pytest.mark.parametrize(
    ("batch_norm", "kind"),
    [
        *[(True, {}), (False, {}), (True, {"slope": 0.01})],
        *[(batch_norm, {"activation": name}) for batch_norm in (True, False) for name in ("elu", "gelu", "silu")],
    ],
    ids=str,
)
@pytest.mark.parametrize(
    ("batch_size", "scaling", "hidden"),
    [
        (7, "unit_interval", [256]),
        (7, "standardized", [100, 70, 30]),
        (100, "standardized", [256]),
        (333, "unit_interval", [100, 70, 30]),
    ],
)
def test_both_engines_measure_the_same(images, batch_norm, kind, batch_size, scaling, hidden):
    """1,000 = 333 x 3 + 1: the last mini-batch there has 334 images. Only what float64 finds close may differ."""
    parameters = {"batch_norm": batch_norm, "batch_size": batch_size, "input_scaling": scaling, "hidden": hidden}
    plain, fast = make_engines(images, images.train, **parameters, **kind)
    plain.train(order(1, IMAGES, batch_size)[:20])
    copy_state(plain, fast)
    before = {name: array.copy() for name, array in fast.state_dict().items()}
    expected = plain.test()
    exact, seen = in_float64(plain.network, {})
    drawn = order_of_test_images(make_run().seed, TEST_IMAGES)
    inputs = tensor(images.test[drawn], plain.network.scaling).double()
    running = close_images(exact.eval()(inputs))
    close_units = torch.cat([close_to_zero(pre_activation).sum(0) for pre_activation in seen]).numpy()
    exact.train()
    own = sum(close_images(exact(batch)) for batch in inputs.split(mini_batch_sizes(TEST_IMAGES, batch_size)))
    for _ in range(2):
        found = fast.test()
        assert found.loss == pytest.approx(expected.loss, rel=1e-5)
        assert abs(found.accuracy - expected.accuracy) <= running / TEST_IMAGES + 1e-9
        assert abs(found.accuracy_batch_statistics - expected.accuracy_batch_statistics) <= own / TEST_IMAGES + 1e-9
        difference = np.abs(found.active_fraction - expected.active_fraction)
        assert (difference <= close_units / TEST_IMAGES + 1e-9).all()
    assert all(np.array_equal(before[name], array) for name, array in fast.state_dict().items())


@pytest.mark.parametrize("batch_norm", [True, False])
@pytest.mark.parametrize("activation", ["relu", "elu"])
@pytest.mark.parametrize("scaling", ["unit_interval", "standardized"])
@pytest.mark.parametrize("hidden", [[256], [100, 70, 30]])
def test_both_engines_find_the_same_dead_and_inactive_units(images, batch_norm, activation, scaling, hidden):
    """Units from never to always active, by a rising shift: those of a new network, and of a trained one, twice.

    With the statistics of the training images in between, which leave no trace.
    """
    parameters = {"batch_norm": batch_norm, "activation": activation, "input_scaling": scaling, "hidden": hidden}
    engines = make_engines(images, images.train, **parameters)
    for engine in engines:
        for layer, units in enumerate(hidden):
            shift = f"layers.{layer}.{'norm' if batch_norm else 'linear'}.bias"
            engine.state_dict()[shift][:] = np.linspace(-4, 3, units)
    for trained in (False, True):
        if trained:
            engines[0].train(order(1, IMAGES, 100)[:10])
            copy_state(*engines)
        before = [np.array(engine.dead_and_inactive_units()) for engine in engines]
        found = []
        for engine in engines:
            with engine.training_statistics():
                found.append([engine.test().active_fraction, *engine.dead_and_inactive_units()])
        for ours, theirs in zip(*found, strict=True):
            assert np.abs(ours.astype(float) - theirs).max() < 1.5e-3  # one of the 1,000 test images
        ours, theirs = (np.array(engine.dead_and_inactive_units()) for engine in engines)
        assert np.array_equal([ours, theirs], before)
    assert np.array_equal(ours, theirs)
    assert 0 < theirs[1].sum() < sum(hidden)
    assert theirs[0].any() == (activation == "relu")


def close_images(logits: Tensor) -> int:
    """For how many images two classes are nearly equally good."""
    best = logits.topk(2).values
    return int((best[:, 0] - best[:, 1] < 1e-5 * logits.abs().max()).sum())


def without_numba(monkeypatch):
    monkeypatch.setitem(sys.modules, "dying_relu.engines.numba_engine", None)
    return {}, ImportError, "import of dying_relu.engines.numba_engine halted"


def without_cache(monkeypatch):
    monkeypatch.setattr("numba.core.caching.CacheImpl._locator_classes", [])
    for module in ("numba_engine", "kernels.training_step"):
        monkeypatch.delitem(sys.modules, f"dying_relu.engines.{module}")
    return {}, RuntimeError, "cannot cache function"


def not_supported(_monkeypatch):
    return {"convolutions": [4]}, ValueError, "the fast engine takes networks without convolutions only"


@pytest.mark.parametrize("obstacle", [without_numba, without_cache, not_supported])
def test_auto_says_when_it_cannot_have_the_fast_engine(monkeypatch, caplog, obstacle):
    parameters, error, reason = obstacle(monkeypatch)
    run = make_run(**parameters)
    with caplog.at_level(logging.WARNING):
        assert choose("auto", run) is TorchEngine
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert record.getMessage().startswith(f"{run.name}: {reason}")
    assert record.getMessage().endswith("; training with the plain torch engine, which is slower")
    with pytest.raises(error, match=reason):
        choose("numba", run)
    assert choose("torch", run) is TorchEngine


def test_auto_takes_the_fast_engine():
    assert choose("auto", make_run()) is NumbaEngine
