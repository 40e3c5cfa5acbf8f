"""One training step after another, compiled: batch normalisation, activation, loss, and their gradients.

The hidden units of a layer are worked on in blocks of LANES; what mini-batches have of them are arrays `[blocks,
images, LANES]`, as the products take them.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from dying_relu.engines.kernels.adam import adam_of_step, update_row
from dying_relu.engines.kernels.compile_options import OPTIONS
from dying_relu.engines.kernels.matmul import (
    CSC,
    Floats,
    arrange,
    product,
    product_of_pairs,
    transpose,
    update,
    update_by_pairs,
)
from dying_relu.engines.kernels.simd import LANES, broadcast, load, reduce_add, select_positive, sqrt, store


class LayerParameters(NamedTuple):
    """The trained numbers of a hidden layer, or as many gradients or averages of them.

    Zeros fill up the width to a multiple of LANES, and the inputs to a multiple of 4. They stay zeros.
    """

    weight: Floats  # [inputs, width], a row per input
    bias: Floats  # [width], with BN 0
    gamma: Floats  # [width], without BN not used
    beta: Floats  # as gamma


class Weights(NamedTuple):
    """All trained numbers of a network, or as many gradients or averages of them, each float32 and contiguous."""

    layers: tuple[LayerParameters, ...]
    output: Floats  # [classes, width of the last layer]
    output_bias: Floats  # [classes], filled up to a multiple of LANES


class LayerBuffers(NamedTuple):
    """What a mini-batch has of a hidden layer, with room for the largest one."""

    linear: Floats  # [blocks, size, LANES], later normalised
    active: Floats  # [blocks, size, LANES], after the activation
    back: Floats  # [blocks, size, LANES], the gradient by what the linear map gave
    scale: Floats  # [width], 1 / deviation


class Workspace(NamedTuple):
    """Room to work in; what it holds between two steps has no meaning."""

    layers: tuple[LayerBuffers, ...]
    error: Floats  # [size, classes]
    batch: CSC


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


@njit(**OPTIONS)
def _linear(k, block, size, lit, weights, scratch):
    """Fill a block of layer k's `linear`."""
    layer, linear = weights.layers[k], scratch.layers[k].linear
    bias = load(layer.bias, (block * LANES,))
    if k:
        product(block, size, scratch.layers[k - 1].active, layer.weight, bias, linear)
    elif lit.all.shape[0]:
        product(block, size, scratch.batch.images, layer.weight, bias, linear)
    else:
        product_of_pairs(block, size, lit, scratch.batch, layer.weight, bias, linear)


@njit(**OPTIONS)
def _statistics(block, size, linear):
    """Mean of a block, and the sum of squared differences from it."""
    zero = broadcast(np.float32(0))
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
    return np.float32(1) / sqrt(variance + settings.norm_epsilon)


@njit(**OPTIONS)
def _normalize(block, size, linear, normal, mean, scale):
    """Fill a block of `normal`, which may be `linear` itself."""
    for i in range(size):
        store(normal, (block, i, 0), (load(linear, (block, i, 0)) - mean) * scale)


@njit(**OPTIONS)
def _normalize_by_itself(block, size, room, settings):
    """Normalise a block of room.linear by its own statistics; return them as running statistics want them."""
    mean, squares = _statistics(block, size, room.linear)
    scale = _scale(squares * (np.float32(1) / np.float32(size)), settings)
    store(room.scale, (block * LANES,), scale)
    _normalize(block, size, room.linear, room.linear, mean, scale)
    return mean, squares / np.float32(size - 1)


@njit(**OPTIONS)
def _average(running, place, new, momentum):
    """Let a running average follow."""
    old = load(running, place)
    store(running, place, old + (new - old) * momentum)


@njit(**OPTIONS)
def _activate(block, size, normal, layer, active, settings):
    """Fill a block of `active`."""
    column = block * LANES
    gamma, beta = load(layer.gamma, (column,)), load(layer.beta, (column,))
    for i in range(size):
        y = load(normal, (block, i, 0))
        if settings.batch_norm:
            y = y * gamma + beta
        store(active, (block, i, 0), select_positive(y, y, y * settings.slope))


@njit(**OPTIONS)
def _count_active(block, size, active, count):
    """Add to `count` for how many images a unit is above 0: it is where its pre-activation is."""
    zero, one = broadcast(np.float32(0)), broadcast(np.float32(1))
    found = load(count, (block * LANES,))
    for i in range(size):
        found = found + select_positive(load(active, (block, i, 0)), one, zero)
    store(count, (block * LANES,), found)


@njit(**OPTIONS)
def _judge(images, labels, active, output, output_bias, errors):
    """Mean loss and number of correct images; fill `errors` with the gradient of the loss by the logits."""
    size, classes = images.shape[0], output.shape[0]
    sum_of_losses, correct = 0.0, 0
    for i in range(size):
        label = labels[images[i]]
        error = errors[i]
        best = 0
        for c in range(classes):
            products = broadcast(np.float32(0))
            for block in range(active.shape[0]):
                products = products + load(active, (block, i, 0)) * load(output, (c, block * LANES))
            error[c] = reduce_add(products) + output_bias[c]
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
def _back_from_output(block, size, error, output, gradient, room):
    """Fill a block of the output layer's `gradient`, and of room.back with the gradient by what it has seen."""
    classes = output.shape[0]
    column = block * LANES
    zero = broadcast(np.float32(0))
    for c in range(classes):
        change = zero
        for i in range(size):
            change = change + load(room.active, (block, i, 0)) * error[i, c]
        store(gradient, (c, column), change)
    for i in range(size):
        change = zero
        for c in range(classes):
            change = change + load(output, (c, column)) * error[i, c]
        store(room.back, (block, i, 0), change)


@njit(**OPTIONS)
def _backward(block, size, layer, gradient, room, settings):
    """Turn a block of room.back, the gradient by room.active, into that by what the linear map gave.

    Fills the block of `gradient`, but for the weights.
    """
    normal, back = room.linear, room.back
    column = block * LANES
    zero = broadcast(np.float32(0))
    shift, stretch = zero, zero
    for i in range(size):
        change = load(back, (block, i, 0))
        change = select_positive(load(room.active, (block, i, 0)), change, change * settings.slope)
        shift = shift + change
        if settings.batch_norm:
            stretch = stretch + change * load(normal, (block, i, 0))
        store(back, (block, i, 0), change)
    if not settings.batch_norm:
        store(gradient.bias, (column,), shift)
        return
    store(gradient.gamma, (column,), stretch)
    store(gradient.beta, (column,), shift)
    part = np.float32(1) / np.float32(size)
    shift, stretch = shift * part, stretch * part
    scale = load(layer.gamma, (column,)) * load(room.scale, (column,))
    for i in range(size):
        change = load(back, (block, i, 0)) - shift - load(normal, (block, i, 0)) * stretch
        store(back, (block, i, 0), scale * change)


@njit(**OPTIONS)
def _forward(size, lit, weights, running, scratch, settings):
    """Through all hidden layers, with the statistics of the mini-batch, which the running ones follow."""
    for k in range(len(weights.layers)):
        room = scratch.layers[k]
        for block in range(room.linear.shape[0]):
            _linear(k, block, size, lit, weights, scratch)
            if settings.batch_norm:
                mean, variance = _normalize_by_itself(block, size, room, settings)
                _average(running[k], (0, block * LANES), mean, settings.momentum)
                _average(running[k], (1, block * LANES), variance, settings.momentum)
            _activate(block, size, room.linear, weights.layers[k], room.active, settings)


@njit(**OPTIONS)
def _update_hidden(k, size, lit, weights, transposed, gradient, mean, square, scratch, settings, adam, keep):
    """Adam on hidden layer k, after the layers behind it; the weights' gradient is written down only to `keep` it."""
    room, layer, changes = scratch.layers[k], weights.layers[k], gradient.layers[k]
    means, squares = mean.layers[k], square.layers[k]
    last = len(weights.layers) - 1
    if k:
        transpose(layer.weight, transposed[k])  # before the weights change
    for block in range(room.linear.shape[0]):
        if k == last:
            _back_from_output(block, size, scratch.error, weights.output, gradient.output, room)
        else:
            behind = scratch.layers[k + 1].back
            product(block, size, behind, transposed[k + 1], broadcast(np.float32(0)), room.back)
        _backward(block, size, layer, changes, room, settings)
        trained = layer.weight, changes.weight, means.weight, squares.weight, adam, keep
        if k:
            update(block, size, scratch.layers[k - 1].active, room.back, *trained)
        elif lit.all.shape[0]:
            update(block, size, scratch.batch.images, room.back, *trained)
        else:
            update_by_pairs(block, size, lit, scratch.batch, room.back, *trained)
    if settings.batch_norm:
        update_row(layer.gamma, means.gamma, squares.gamma, changes.gamma, adam)
        update_row(layer.beta, means.beta, squares.beta, changes.beta, adam)
    else:
        update_row(layer.bias, means.bias, squares.bias, changes.bias, adam)


@njit(**OPTIONS)
def _update_output(size, weights, gradient, mean, square, scratch, adam):
    """Adam on the output layer, whose weights' gradient is there already."""
    classes = weights.output.shape[0]
    gradient.output_bias[:] = 0
    for i in range(size):
        for c in range(classes):
            gradient.output_bias[c] += scratch.error[i, c]
    for c in range(classes):
        update_row(weights.output[c], mean.output[c], square.output[c], gradient.output[c], adam)
    update_row(weights.output_bias, mean.output_bias, square.output_bias, gradient.output_bias, adam)


@njit(**OPTIONS)
def train_batches(
    order, ends, lit, labels, weights, transposed, gradient, mean, square, steps, running, scratch, settings,
    losses, correct,
):  # fmt: skip
    """One Adam step per mini-batch; the b-th has the images order[ends[b-1]:ends[b]].

    `mean` and `square` are Adam's averages after `steps` steps, `running` the running mean and variance of each layer's
    BN, `[2, width]`. `transposed` is room for the transposed weights of all layers but the first, `[width, inputs]`.
    Fills `losses` and `correct`, and leaves in `gradient` the gradient of the last mini-batch.
    """
    begin = 0
    depth = len(weights.layers)
    for b in range(ends.shape[0]):
        images = order[begin : ends[b]]
        begin = ends[b]
        size = images.shape[0]
        arrange(images, lit, scratch.batch)
        _forward(size, lit, weights, running, scratch, settings)
        active = scratch.layers[depth - 1].active
        losses[b], correct[b] = _judge(images, labels, active, weights.output, weights.output_bias, scratch.error)

        adam = adam_of_step(steps + b + 1, settings.rate, settings.beta1, settings.beta2, settings.epsilon)
        keep = b + 1 == ends.shape[0]
        for k in range(depth - 1, -1, -1):
            _update_hidden(k, size, lit, weights, transposed, gradient, mean, square, scratch, settings, adam, keep)
        _update_output(size, weights, gradient, mean, square, scratch, adam)


@njit(**OPTIONS)
def test_batches(ends, lit, labels, weights, running, scratch, settings, losses, correct, active):
    """Test on all images in order, by mini-batches; the b-th has the images ends[b-1]..ends[b]-1.

    Fills `losses`, and `correct` `[2, batches]`: with running statistics, and with those of the mini-batch (0 without
    BN). Adds to `active`, `[width]` for each layer, for how many images a unit's pre-activation is above 0, with
    running statistics.
    """
    begin = 0
    depth = len(weights.layers)
    for b in range(ends.shape[0]):
        images = np.arange(begin, ends[b])
        begin = ends[b]
        size = images.shape[0]
        arrange(images, lit, scratch.batch)
        for k in range(depth):
            room = scratch.layers[k]
            for block in range(room.linear.shape[0]):
                _linear(k, block, size, lit, weights, scratch)
                normal = room.linear
                if settings.batch_norm:
                    column = block * LANES
                    scale = _scale(load(running[k], (1, column)), settings)
                    normal = room.back
                    _normalize(block, size, room.linear, normal, load(running[k], (0, column)), scale)
                _activate(block, size, normal, weights.layers[k], room.active, settings)
                _count_active(block, size, room.active, active[k])
        last = scratch.layers[depth - 1].active
        losses[b], correct[0, b] = _judge(images, labels, last, weights.output, weights.output_bias, scratch.error)
        if settings.batch_norm:
            for k in range(depth):
                room = scratch.layers[k]
                for block in range(room.linear.shape[0]):
                    if k:  # what comes into the first layer is the same as before
                        _linear(k, block, size, lit, weights, scratch)
                    _normalize_by_itself(block, size, room, settings)
                    _activate(block, size, room.linear, weights.layers[k], room.active, settings)
            _, correct[1, b] = _judge(images, labels, last, weights.output, weights.output_bias, scratch.error)
