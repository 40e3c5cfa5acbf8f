"""What docs/gray.md derives, on the gradients of a real network and a real mini-batch; numbers are its equations."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch.nn import functional

from dying_relu.data.images import load_images
from dying_relu.engines.torch_engine import TorchEngine
from dying_relu.measurements.dw import MID_GRAY, DwRange
from dying_relu.model.network import Network, to_inputs
from dying_relu.model.seeding import image_order
from helpers import make_run

IMAGES, EPOCHS = 6000, 3
ROUNDING = 1e-12  # of float64, in units of the sum of absolute values; 5e-16 was found


@pytest.fixture(scope="module")
def bn_and_none(mnist):
    """With BN and without: the gradients of the mini-batch after three epochs, in float64, and the engine's dW.

    `delta` and `linear`, `[100, 256]`: error signals at the linear map's output, and its output; `g`, the same at the
    normalised values, with BN; `x`: the images; `dw`: the weights' gradient; `shown`: the range of the engine's dW.
    """
    images = load_images(mnist, IMAGES)
    both = []
    for batch_norm in (True, False):
        run = make_run(batch_norm=batch_norm, train_images=IMAGES)
        engine = TorchEngine(run, images)
        for epoch in range(1, EPOCHS + 1):
            engine.train(image_order(run.seed, epoch, IMAGES).reshape(-1, run.batch_size))
        batch = image_order(run.seed, EPOCHS + 1, IMAGES)[: run.batch_size]

        exact = Network(run, 784).double().train()
        exact.load_state_dict(engine.network.state_dict())
        x = to_inputs(torch.from_numpy(images.train[batch])).double()
        linear = exact.hidden(x)
        pre_activation = exact.norm(linear)
        labels = torch.from_numpy(images.train_labels[batch])
        loss = functional.cross_entropy(exact.output(exact.activation(pre_activation)), labels)
        delta, before, dw = torch.autograd.grad(loss, [linear, pre_activation, exact.hidden.weight])
        engine.train([batch])
        both.append(
            SimpleNamespace(
                x=x.numpy(),
                linear=linear.detach().numpy(),
                delta=delta.numpy(),
                g=(before * exact.norm.weight).detach().numpy() if batch_norm else None,
                dw=dw.numpy(),
                shown=DwRange.of(engine.gradient()),
            )
        )
    return both


def sums(found) -> tuple[np.ndarray, np.ndarray]:
    """S+ and S- of every unit."""
    return np.maximum(found.delta, 0).sum(0), np.maximum(-found.delta, 0).sum(0)


def test_dw_is_the_sum_of_error_signals_times_pixels(bn_and_none):
    for found in bn_and_none:
        largest = np.abs(found.dw).max()
        assert np.abs(found.delta.T @ found.x - found.dw).max() <= ROUNDING * largest  # (1)
        assert np.abs(found.shown.largest - found.dw.max(1)).max() <= 1e-5 * largest  # what a run records, in float32
        assert (found.dw[:, (found.x == 0).all(0)] == 0).all()
        plus, minus = (np.maximum(sign * found.delta, 0).T @ found.x for sign in (1, -1))  # S times mean images
        assert np.abs(plus - minus - found.dw).max() <= ROUNDING * largest  # (2)
        assert min(plus.min(), minus.min()) >= 0


def test_with_bn_error_signals_sum_to_zero_and_are_orthogonal_to_the_normalised_values(bn_and_none):
    bn, _ = bn_and_none
    s = np.sqrt(bn.linear.var(0) + 1e-5)
    normalised = (bn.linear - bn.linear.mean(0)) / s
    g = bn.g
    assert bn.delta == pytest.approx(  # (3)
        (g - g.mean(0) - normalised * (g * normalised).mean(0)) / s, abs=ROUNDING * np.abs(g / s).max()
    )
    assert (np.abs(bn.delta.sum(0)) <= ROUNDING * np.abs(bn.delta).sum(0)).all()  # (4)
    product, scale = (bn.delta * normalised).sum(0), np.abs(bn.delta * normalised).sum(0)
    assert (np.abs(product - 1e-5 / s**3 * (g * normalised).sum(0)) <= 1e-10 * scale).all()  # (5)
    assert (np.abs(product) <= 1e-3 * scale).all()  # so little is left by epsilon; 4e-5 was found


def test_without_bn_the_sums_are_far_apart_and_backgrounds_often_not_gray(bn_and_none):
    lopsided, gray = [], []
    for found in bn_and_none:
        plus, minus = sums(found)
        lopsided.append((np.minimum(plus, minus) < 0.9 * np.maximum(plus, minus)).mean())
        gray.append(((found.shown.background >= MID_GRAY[0]) & (found.shown.background <= MID_GRAY[1])).mean())
    assert lopsided[0] == 0
    assert lopsided[1] > 0.5
    assert gray[0] == 1
    assert gray[1] < 0.7


def test_with_bn_both_signs_occur_in_dw_and_without_one_sign_of_the_error_signals_is_one_sign_of_dw(bn_and_none):
    """The units of which the latter is true are few."""
    bn, none = bn_and_none
    assert not bn.shown.dark.any()
    assert (bn.dw.min(1) < 0).all()
    assert (bn.dw.max(1) > 0).all()
    plus, minus = sums(none)
    one_sign = (plus == 0) != (minus == 0)
    assert 1 <= one_sign.sum() <= 10
    assert ((none.dw[one_sign].min(1) == 0) | (none.dw[one_sign].max(1) == 0)).all()


def test_the_size_of_dw_does_not_matter_until_the_small_term_does(bn_and_none):
    bn, _ = bn_and_none
    background = {scale: DwRange.of(scale * bn.dw).background for scale in (1000, 100, 1, 1e-4)}
    assert np.abs(background[1000] - background[100]).max() < 0.2
    assert (background[1] >= background[1000] * 0.9).all()  # up to a tenth darker, in the unit with the smallest dW
    assert (background[1e-4] < 0.1 * background[1]).all()


def test_bn_alone_does_not_enforce_both_signs():
    """Two images of which one covers the other: the error signals are opposite, and dW has one sign all the same."""
    x = torch.tensor([[0.9, 0.8, 0.0], [0.3, 0.8, 0.0]], dtype=torch.float64)
    weight = torch.tensor([1.0, 0.5, 0.2], dtype=torch.float64, requires_grad=True)
    normalised = functional.batch_norm((x @ weight)[:, None], None, None, training=True, eps=1.0)
    (dw,) = torch.autograd.grad(normalised[0, 0], weight)
    assert dw.tolist() == pytest.approx([dw[0].item(), 0, 0], abs=1e-15)
    assert dw[0] > 0
