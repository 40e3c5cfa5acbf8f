"""One training step after another, compiled: products that skip zero pixels, and Adam on the way.

Four fifths of MNIST's pixels are 0, and a product with 0 need not be computed. Lit pixels lie side by side, so pixels
are taken in pairs: an image is a list of its lit pairs, of which there are 58 to every 100 lit pixels. A mini-batch is
sorted by pair; both products of the first layer then go through the pairs, and through the images of each. That is done
for LANES hidden units at a time, a block: a pair's weights, or their gradient, stay in registers, and what the images
have of the block in the first cache. Where dark pixels are something else than 0 for the network, every pixel is taken,
and sums of several images, or of several pixels, stay in registers.
"""

import hashlib
from pathlib import Path
from typing import NamedTuple

import numba
import numpy as np
from numba import njit
from numpy.typing import NDArray

from dying_relu import vectors
from dying_relu.vectors import LANES, load, reciprocal, root, spread, store, total, where_positive

Floats = NDArray[np.float32]

# So many images' share of a block fits into the first cache. Beyond, mini-batches of 500 take a sixth more time.
PART = 128
# Without pairs: images whose sums are in registers at once, all that there is room for.
TOGETHER = 6
# And rows of weights that stay in the first cache meanwhile.
ROWS = 112


class Lit(NamedTuple):
    """Images as their lit pairs of pixels: those of image i are at start[i]..start[i+1]-1 of `pair` and `value`.

    Where the network sees something else than 0 of a dark pixel nothing can be left out; then they are in `all`.
    """

    start: NDArray[np.int64]
    pair: NDArray[np.uint16]
    value: NDArray[np.uint16]  # both pixels, the first in the lower byte
    ever: NDArray[np.int64]  # the pairs that are lit in any image; the weights of the others never change
    inputs: Floats  # [256], what the network sees of a pixel
    all: NDArray[np.uint8]  # [n, inputs], or without rows where pairs are used


class Weights(NamedTuple):
    """All trained numbers of a network, or as many gradients or averages of them, each float32 and contiguous.

    Zeros fill up the width to a multiple of LANES, and the inputs to a multiple of 4. They stay zeros.
    """

    hidden: Floats  # [inputs, width], a row per pixel
    bias: Floats  # [width], with BN 0
    gamma: Floats  # [width], without BN not used
    beta: Floats  # as gamma
    output: Floats  # [classes, width]
    output_bias: Floats  # [classes], filled up to a multiple of LANES


class Scratch(NamedTuple):
    """Room to work in, for the largest mini-batch; what it holds between two steps has no meaning.

    Without pairs, `size` is a multiple of TOGETHER here.
    """

    linear: Floats  # [blocks, size, LANES], later normalised
    active: Floats  # [blocks, size, LANES], after the activation
    back: Floats  # [blocks, size, LANES], the gradient by what the linear map gave
    error: Floats  # [size, classes]
    scale: Floats  # [width], 1 / deviation
    entry: NDArray[np.uint32]  # [pairs, size], places in the mini-batch * 2**16, and the pair's value in them
    until: NDArray[np.int64]  # [parts + 1, pairs], how many entries of a pair are from the images of earlier parts
    images: Floats  # [size, inputs], what the network sees, where nothing can be left out


class Settings(NamedTuple):
    """What stays the same; slope is 0 for a ReLU."""

    batch_norm: bool
    slope: np.float32
    norm_epsilon: np.float32
    momentum: np.float32
    rate: float
    beta1: float
    beta2: float
    epsilon: float


# Numba keeps compiled code on disk. It would not see a change of the vectors; and where this file has changed, one
# process may load what another is about to replace. Hence a folder for each state of both, unless one was asked for.
if not numba.config.CACHE_DIR:
    _state = hashlib.sha256(b"".join(Path(file).read_bytes() for file in (__file__, vectors.__file__))).hexdigest()[:12]
    numba.config.CACHE_DIR = str(Path(__file__).parent / "__pycache__" / f"compiled-{_state}")

# Sums may be reordered and multiplications fused with additions, which vector instructions need; infinities and NaN
# keep their meaning. The compiled code is kept on disk, for the next process.
OPTIONS = {"fastmath": {"reassoc", "contract"}, "cache": True, "nogil": True, "error_model": "numpy"}


@njit(**OPTIONS)
def _parts(size):
    """Into how many parts a mini-batch falls."""
    return (size + PART - 1) // PART


@njit(**OPTIONS)
def _by_pair(images, lit, scratch):
    """Sort the lit pairs of a mini-batch by pair: fill scratch.entry and scratch.until."""
    entry, size = scratch.entry, images.shape[0]
    for part in range(_parts(size)):  # the first row of scratch.until stays 0
        until = scratch.until[part + 1]
        for q in range(until.shape[0]):
            until[q] = scratch.until[part, q]
        for i in range(part * PART, min(size, (part + 1) * PART)):
            image = images[i]
            for k in range(lit.start[image], lit.start[image + 1]):
                q = lit.pair[k]
                place = until[q]
                entry[q, place] = np.uint32(i << 16) | lit.value[k]
                until[q] = place + 1


@njit(**OPTIONS)
def _gather(images, lit, scratch):
    """Fill scratch.images with a mini-batch."""
    for i in range(images.shape[0]):
        pixels = lit.all[images[i]]
        for p in range(pixels.shape[0]):
            scratch.images[i, p] = lit.inputs[pixels[p]]


@njit(**OPTIONS)
def _arrange(images, lit, scratch):
    """Make a mini-batch ready for the products."""
    if lit.all.shape[0]:
        _gather(images, lit, scratch)
    else:
        _by_pair(images, lit, scratch)


@njit(**OPTIONS)
def _linear_of_all(block, size, weights, scratch):
    """Fill a block of scratch.linear from scratch.images."""
    linear, images = scratch.linear, scratch.images
    column = block * LANES
    bias = load(weights.bias, (column,))
    for i in range(-(-size // TOGETHER) * TOGETHER):
        store(linear, (block, i, 0), bias)
    for begin in range(0, images.shape[1], ROWS):
        end = min(begin + ROWS, images.shape[1])
        for i in range(0, size, TOGETHER):
            s0 = load(linear, (block, i, 0))
            s1 = load(linear, (block, i + 1, 0))
            s2 = load(linear, (block, i + 2, 0))
            s3 = load(linear, (block, i + 3, 0))
            s4 = load(linear, (block, i + 4, 0))
            s5 = load(linear, (block, i + 5, 0))
            for p in range(begin, end):
                w = load(weights.hidden, (p, column))
                s0 = s0 + w * images[i, p]
                s1 = s1 + w * images[i + 1, p]
                s2 = s2 + w * images[i + 2, p]
                s3 = s3 + w * images[i + 3, p]
                s4 = s4 + w * images[i + 4, p]
                s5 = s5 + w * images[i + 5, p]
            store(linear, (block, i, 0), s0)
            store(linear, (block, i + 1, 0), s1)
            store(linear, (block, i + 2, 0), s2)
            store(linear, (block, i + 3, 0), s3)
            store(linear, (block, i + 4, 0), s4)
            store(linear, (block, i + 5, 0), s5)


@njit(**OPTIONS)
def _linear(block, size, lit, weights, scratch):
    """Fill a block of scratch.linear."""
    if lit.all.shape[0]:
        _linear_of_all(block, size, weights, scratch)
        return
    linear, entry = scratch.linear, scratch.entry
    column = block * LANES
    bias = load(weights.bias, (column,))
    for i in range(size):
        store(linear, (block, i, 0), bias)
    for part in range(_parts(size)):
        for q in lit.ever:
            w0 = load(weights.hidden, (2 * q, column))
            w1 = load(weights.hidden, (2 * q + 1, column))
            for k in range(scratch.until[part, q], scratch.until[part + 1, q]):
                e = entry[q, k]
                i = e >> np.uint32(16)
                f0 = lit.inputs[e & np.uint32(255)]
                f1 = lit.inputs[(e >> np.uint32(8)) & np.uint32(255)]
                store(linear, (block, i, 0), load(linear, (block, i, 0)) + w0 * f0 + w1 * f1)


@njit(**OPTIONS)
def _statistics(block, size, linear):
    """Mean of a block, and the sum of squared differences from it."""
    zero = spread(np.float32(0))
    mean = zero
    for i in range(size):
        mean = mean + load(linear, (block, i, 0))
    mean = mean * (np.float32(1) / np.float32(size))
    squares = zero
    for i in range(size):
        difference = load(linear, (block, i, 0)) - mean
        squares = squares + difference * difference
    return mean, squares


@njit(**OPTIONS)
def _scale(variance, settings):
    """1 / deviation."""
    return np.float32(1) / root(variance + settings.norm_epsilon)


@njit(**OPTIONS)
def _normalize(block, size, linear, normal, mean, scale):
    """Fill a block of `normal`, which may be `linear` itself."""
    for i in range(size):
        store(normal, (block, i, 0), (load(linear, (block, i, 0)) - mean) * scale)


@njit(**OPTIONS)
def _normalize_by_itself(block, size, scratch, settings):
    """Normalise a block of scratch.linear by its own statistics; return them as running statistics want them."""
    mean, squares = _statistics(block, size, scratch.linear)
    scale = _scale(squares * (np.float32(1) / np.float32(size)), settings)
    store(scratch.scale, (block * LANES,), scale)
    _normalize(block, size, scratch.linear, scratch.linear, mean, scale)
    return mean, squares / np.float32(size - 1)


@njit(**OPTIONS)
def _average(running, place, new, momentum):
    """Let a running average follow."""
    old = load(running, place)
    store(running, place, old + (new - old) * momentum)


@njit(**OPTIONS)
def _activate(block, size, normal, weights, scratch, settings):
    """Fill a block of scratch.active."""
    column = block * LANES
    gamma, beta = load(weights.gamma, (column,)), load(weights.beta, (column,))
    for i in range(size):
        y = load(normal, (block, i, 0))
        if settings.batch_norm:
            y = y * gamma + beta
        store(scratch.active, (block, i, 0), where_positive(y, y, y * settings.slope))


@njit(**OPTIONS)
def _count_active(block, size, scratch, active):
    """Add to `active` for how many images a unit is above 0: it is where its pre-activation is."""
    zero, one = spread(np.float32(0)), spread(np.float32(1))
    found = load(active, (block * LANES,))
    for i in range(size):
        found = found + where_positive(load(scratch.active, (block, i, 0)), one, zero)
    store(active, (block * LANES,), found)


@njit(**OPTIONS)
def _judge(images, labels, weights, scratch):
    """Mean loss and number of correct images; fill scratch.error with the gradient of the loss by the logits."""
    size, classes = images.shape[0], weights.output.shape[0]
    sum_of_losses, correct = 0.0, 0
    for i in range(size):
        label = labels[images[i]]
        error = scratch.error[i]
        best = 0
        for c in range(classes):
            products = spread(np.float32(0))
            for block in range(scratch.active.shape[0]):
                products = products + load(scratch.active, (block, i, 0)) * load(weights.output, (c, block * LANES))
            error[c] = total(products) + weights.output_bias[c]
            if error[c] > error[best]:
                best = c
        correct += best == label
        largest, own = error[best], error[label]
        normalizer = np.float32(0)
        for c in range(classes):
            error[c] = np.exp(error[c] - largest)
            normalizer += error[c]
        sum_of_losses += np.log(normalizer) + largest - own
        for c in range(classes):
            error[c] /= normalizer
        error[label] -= np.float32(1)
        for c in range(classes):
            error[c] /= np.float32(size)
    return sum_of_losses / size, correct


@njit(**OPTIONS)
def _backward(block, size, weights, gradient, scratch, settings):
    """Fill a block of `gradient`, but for the hidden layer, and of scratch.back."""
    normal, active, back, error = scratch.linear, scratch.active, scratch.back, scratch.error
    classes = weights.output.shape[0]
    column = block * LANES
    zero = spread(np.float32(0))
    for c in range(classes):
        change = zero
        for i in range(size):
            change = change + load(active, (block, i, 0)) * error[i, c]
        store(gradient.output, (c, column), change)
    shift, product = zero, zero
    for i in range(size):
        change = zero
        for c in range(classes):
            change = change + load(weights.output, (c, column)) * error[i, c]
        change = where_positive(load(active, (block, i, 0)), change, change * settings.slope)
        shift = shift + change
        if settings.batch_norm:
            product = product + change * load(normal, (block, i, 0))
        store(back, (block, i, 0), change)
    if not settings.batch_norm:
        store(gradient.bias, (column,), shift)
        return
    store(gradient.gamma, (column,), product)
    store(gradient.beta, (column,), shift)
    part = np.float32(1) / np.float32(size)
    shift, product = shift * part, product * part
    scale = load(weights.gamma, (column,)) * load(scratch.scale, (column,))
    for i in range(size):
        change = load(back, (block, i, 0)) - shift - load(normal, (block, i, 0)) * product
        store(back, (block, i, 0), scale * change)


@njit(**OPTIONS)
def _adam(weight, mean, square, place, g, rate, rest1, beta2, rest2, correction, epsilon):
    """Kingma and Ba 2015, algorithm 1, for LANES weights with the gradient `g`.

    `rate` is corrected for the mean, `correction` for the square; `rest1` and `rest2` are 1 - beta, from the betas
    before they are rounded: 0.999 is rounded by so much that 1 - 0.999 would be off by 1.3e-5 of itself.
    """
    old = load(mean, place)
    m = old + (g - old) * rest1
    v = load(square, place) * beta2 + g * g * rest2
    store(mean, place, m)
    store(square, place, v)
    store(weight, place, load(weight, place) - m * rate * reciprocal(root(v) * correction + epsilon))


@njit(**OPTIONS)
def _update_hidden_by_all(block, size, weights, gradient, mean, square, scratch, adam, keep):
    """`_update_hidden` from scratch.images."""
    back, images = scratch.back, scratch.images
    column = block * LANES
    for p in range(0, images.shape[1], 4):
        zero = spread(np.float32(0))
        g0, g1, g2, g3 = zero, zero, zero, zero
        for i in range(size):
            change = load(back, (block, i, 0))
            g0 = g0 + change * images[i, p]
            g1 = g1 + change * images[i, p + 1]
            g2 = g2 + change * images[i, p + 2]
            g3 = g3 + change * images[i, p + 3]
        if keep:
            store(gradient.hidden, (p, column), g0)
            store(gradient.hidden, (p + 1, column), g1)
            store(gradient.hidden, (p + 2, column), g2)
            store(gradient.hidden, (p + 3, column), g3)
        _adam(weights.hidden, mean.hidden, square.hidden, (p, column), g0, *adam)
        _adam(weights.hidden, mean.hidden, square.hidden, (p + 1, column), g1, *adam)
        _adam(weights.hidden, mean.hidden, square.hidden, (p + 2, column), g2, *adam)
        _adam(weights.hidden, mean.hidden, square.hidden, (p + 3, column), g3, *adam)


@njit(**OPTIONS)
def _update_hidden(block, size, lit, weights, gradient, mean, square, scratch, adam, keep):
    """Adam on a block of the hidden layer's weights, with gradients that are written down only to be kept."""
    if lit.all.shape[0]:
        _update_hidden_by_all(block, size, weights, gradient, mean, square, scratch, adam, keep)
        return
    back, entry = scratch.back, scratch.entry
    count = scratch.until[_parts(size)]
    column = block * LANES
    for q in lit.ever:
        g0 = spread(np.float32(0))
        g1 = g0
        for k in range(count[q]):
            e = entry[q, k]
            change = load(back, (block, e >> np.uint32(16), 0))
            g0 = g0 + change * lit.inputs[e & np.uint32(255)]
            g1 = g1 + change * lit.inputs[(e >> np.uint32(8)) & np.uint32(255)]
        if keep:
            store(gradient.hidden, (2 * q, column), g0)
            store(gradient.hidden, (2 * q + 1, column), g1)
        _adam(weights.hidden, mean.hidden, square.hidden, (2 * q, column), g0, *adam)
        _adam(weights.hidden, mean.hidden, square.hidden, (2 * q + 1, column), g1, *adam)


@njit(**OPTIONS)
def _update(weight, mean, square, gradient, adam):
    """Adam on a row of numbers."""
    for column in range(0, weight.shape[0], LANES):
        _adam(weight, mean, square, (column,), load(gradient, (column,)), *adam)


@njit(**OPTIONS)
def train_batches(
    order, ends, lit, labels, weights, gradient, mean, square, steps, running, scratch, settings, losses, correct
):
    """One Adam step per mini-batch; the b-th has the images order[ends[b-1]:ends[b]].

    `mean` and `square` are Adam's averages after `steps` steps, `running` the running mean and variance of BN, `[2,
    width]`. Fills `losses` and `correct`, and leaves in `gradient` the gradient of the last mini-batch.
    """
    begin = 0
    blocks = scratch.linear.shape[0]
    for b in range(ends.shape[0]):
        images = order[begin : ends[b]]
        begin = ends[b]
        size = images.shape[0]
        _arrange(images, lit, scratch)
        for block in range(blocks):
            _linear(block, size, lit, weights, scratch)
            if settings.batch_norm:
                mean_now, variance_now = _normalize_by_itself(block, size, scratch, settings)
                _average(running, (0, block * LANES), mean_now, settings.momentum)
                _average(running, (1, block * LANES), variance_now, settings.momentum)
            _activate(block, size, scratch.linear, weights, scratch, settings)
        losses[b], correct[b] = _judge(images, labels, weights, scratch)

        step = steps + b + 1
        rate = np.float32(settings.rate / (1 - settings.beta1**step))
        correction = np.float32(1 / np.sqrt(1 - settings.beta2**step))
        rest1, rest2 = np.float32(1 - settings.beta1), np.float32(1 - settings.beta2)
        adam = rate, rest1, np.float32(settings.beta2), rest2, correction, np.float32(settings.epsilon)
        last_batch = b + 1 == ends.shape[0]
        for block in range(blocks):
            _backward(block, size, weights, gradient, scratch, settings)
            _update_hidden(block, size, lit, weights, gradient, mean, square, scratch, adam, last_batch)
        gradient.output_bias[:] = 0
        for i in range(size):
            for c in range(weights.output.shape[0]):
                gradient.output_bias[c] += scratch.error[i, c]
        for c in range(weights.output.shape[0]):
            _update(weights.output[c], mean.output[c], square.output[c], gradient.output[c], adam)
        if settings.batch_norm:
            _update(weights.gamma, mean.gamma, square.gamma, gradient.gamma, adam)
            _update(weights.beta, mean.beta, square.beta, gradient.beta, adam)
        else:
            _update(weights.bias, mean.bias, square.bias, gradient.bias, adam)
        _update(weights.output_bias, mean.output_bias, square.output_bias, gradient.output_bias, adam)


@njit(**OPTIONS)
def test_batches(ends, lit, labels, weights, running, scratch, settings, losses, correct, active):
    """Test on all images in order, by mini-batches; the b-th has the images ends[b-1]..ends[b]-1.

    Fills `losses`, and `correct` `[2, batches]`: with running statistics, and with those of the mini-batch (0 without
    BN). Adds to `active` `[width]` for how many images a unit's pre-activation is above 0, with running statistics.
    """
    begin = 0
    for b in range(ends.shape[0]):
        images = np.arange(begin, ends[b])
        begin = ends[b]
        size = images.shape[0]
        _arrange(images, lit, scratch)
        for block in range(scratch.linear.shape[0]):
            _linear(block, size, lit, weights, scratch)
            if settings.batch_norm:
                column = block * LANES
                scale = _scale(load(running, (1, column)), settings)
                _normalize(block, size, scratch.linear, scratch.back, load(running, (0, column)), scale)
                _activate(block, size, scratch.back, weights, scratch, settings)
            else:
                _activate(block, size, scratch.linear, weights, scratch, settings)
            _count_active(block, size, scratch, active)
        losses[b], correct[0, b] = _judge(images, labels, weights, scratch)
        if settings.batch_norm:
            for block in range(scratch.linear.shape[0]):
                _normalize_by_itself(block, size, scratch, settings)
                _activate(block, size, scratch.linear, weights, scratch, settings)
            _, correct[1, b] = _judge(images, labels, weights, scratch)
