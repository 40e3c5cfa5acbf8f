"""One training step after another, compiled: products that skip zero pixels, and Adam on the way.

Four fifths of MNIST's pixels are 0, and a product with 0 need not be computed. An image is a list of its lit pixels
(compressed sparse rows); the weights of a pixel are a row of 256 consecutive numbers; so both products of the first
layer are sums of rows, `_add_rows`, once over the pixels of an image and once over the images of a pixel.
"""

import os
from typing import NamedTuple

import llvmlite.binding as llvm
import numpy as np
from numpy.typing import NDArray

# Where the processor has vectors of 512 bits, LLVM would still take 256: with 512 a step takes a tenth less at large
# mini-batches. Numba reads this when it is imported.
if (features := llvm.get_host_cpu_features()).get("avx512f"):
    os.environ.setdefault("NUMBA_CPU_NAME", llvm.get_host_cpu_name())
    os.environ.setdefault("NUMBA_CPU_FEATURES", f"{features.flatten()},-prefer-256-bit")

from numba import njit

Floats = NDArray[np.float32]


class Lit(NamedTuple):
    """Images as their lit pixels: those of image i are the places start[i]..start[i+1]-1 of `pixel` and `value`."""

    start: NDArray[np.int64]
    pixel: NDArray[np.uint16]
    value: Floats
    ever: NDArray[np.int64]  # the pixels that are lit in any image; the weights of the others never change


class Weights(NamedTuple):
    """All trained numbers of a network, or as many gradients or averages of them, each float32 and contiguous."""

    hidden: Floats  # [inputs, width], a row per pixel
    bias: Floats  # [width] without BN, [0] with it
    gamma: Floats  # [width] with BN, [0] without it
    beta: Floats  # as gamma
    output: Floats  # [classes, width]
    output_bias: Floats  # [classes]


class Scratch(NamedTuple):
    """Room to work in, for the largest mini-batch; what it holds between two steps has no meaning."""

    linear: Floats  # [size, width], later its gradient
    normal: Floats  # [size, width], normalised
    active: Floats  # [size, width], after the activation
    error: Floats  # [size, classes]
    statistics: Floats  # [4, width]: mean, 1 / deviation, and two sums of the backward pass
    count: NDArray[np.uint32]  # [inputs], images of the mini-batch in which the pixel is lit
    entry: NDArray[np.uint16]  # [inputs, size], their places in the mini-batch
    factor: Floats  # [inputs, size], and the pixel's value in them
    row: Floats  # [width]
    zero: Floats  # [width], always 0


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


# Sums may be reordered and multiplications fused with additions, which vector instructions need; infinities and NaN
# keep their meaning. The compiled code is kept on disk, for the next process.
OPTIONS = {"fastmath": {"reassoc", "contract"}, "cache": True, "nogil": True, "error_model": "numpy"}


@njit(**OPTIONS)
def _add_rows(target, rows, index, factor, begin, end):
    """target += sum of factor[k] * rows[index[k]] for k in begin..end-1; eight at a time spare most of the stores."""
    width = target.shape[0]
    k = begin
    while k + 8 <= end:
        r0, r1, r2, r3 = rows[index[k]], rows[index[k + 1]], rows[index[k + 2]], rows[index[k + 3]]
        r4, r5, r6, r7 = rows[index[k + 4]], rows[index[k + 5]], rows[index[k + 6]], rows[index[k + 7]]
        f0, f1, f2, f3 = factor[k], factor[k + 1], factor[k + 2], factor[k + 3]
        f4, f5, f6, f7 = factor[k + 4], factor[k + 5], factor[k + 6], factor[k + 7]
        for h in range(width):
            low = f0 * r0[h] + f1 * r1[h] + f2 * r2[h] + f3 * r3[h]
            high = f4 * r4[h] + f5 * r5[h] + f6 * r6[h] + f7 * r7[h]
            target[h] += low + high
        k += 8
    while k < end:
        row, f = rows[index[k]], factor[k]
        for h in range(width):
            target[h] += f * row[h]
        k += 1


@njit(**OPTIONS)
def _adam(weight, mean, square, gradient, rate, beta1, beta2, correction, epsilon):
    """Kingma and Ba 2015, algorithm 1, on rows; `rate` is corrected for the mean, `correction` for the square."""
    for h in range(weight.shape[0]):
        g = gradient[h]
        m = mean[h] + (g - mean[h]) * (np.float32(1) - beta1)
        v = square[h] * beta2 + g * g * (np.float32(1) - beta2)
        mean[h] = m
        square[h] = v
        weight[h] -= rate * m / (np.sqrt(v) * correction + epsilon)


@njit(**OPTIONS)
def _by_pixel(images, lit, scratch):
    """Sort the lit pixels of a mini-batch by pixel: those of pixel p are scratch.entry and .factor[p, : count[p]]."""
    count, entry, factor = scratch.count, scratch.entry, scratch.factor
    count[:] = 0
    for i in range(images.shape[0]):
        image = images[i]
        for k in range(lit.start[image], lit.start[image + 1]):
            p = lit.pixel[k]
            place = count[p]
            entry[p, place] = i
            factor[p, place] = lit.value[k]
            count[p] = place + 1


@njit(**OPTIONS)
def _forward(images, lit, weights, running_mean, running_variance, scratch, settings):
    """Fill scratch.active, and with BN scratch.normal and statistics; update the running statistics."""
    size = images.shape[0]
    linear, normal, active = scratch.linear, scratch.normal, scratch.active
    width = linear.shape[1]
    base = scratch.zero if settings.batch_norm else weights.bias
    for i in range(size):
        image = images[i]
        for h in range(width):
            linear[i, h] = base[h]
        _add_rows(linear[i], weights.hidden, lit.pixel, lit.value, lit.start[image], lit.start[image + 1])
    if not settings.batch_norm:
        for i in range(size):
            for h in range(width):
                y = linear[i, h]
                active[i, h] = y if y > 0 else settings.slope * y
        return
    mean, scale = scratch.statistics[0], scratch.statistics[1]
    mean[:] = 0
    scale[:] = 0
    for i in range(size):
        for h in range(width):
            mean[h] += linear[i, h]
    part = np.float32(1) / np.float32(size)
    for h in range(width):
        mean[h] *= part
    for i in range(size):
        for h in range(width):
            difference = linear[i, h] - mean[h]
            scale[h] += difference * difference
    momentum = settings.momentum
    for h in range(width):
        variance = scale[h] * part
        unbiased = scale[h] / np.float32(size - 1)
        running_mean[h] += momentum * (mean[h] - running_mean[h])
        running_variance[h] += momentum * (unbiased - running_variance[h])
        scale[h] = np.float32(1) / np.sqrt(variance + settings.norm_epsilon)
    for i in range(size):
        for h in range(width):
            n = (linear[i, h] - mean[h]) * scale[h]
            normal[i, h] = n
            y = weights.gamma[h] * n + weights.beta[h]
            active[i, h] = y if y > 0 else settings.slope * y


@njit(**OPTIONS)
def _judge(images, labels, weights, scratch):
    """Mean loss and number of correct images; fill scratch.error with the gradient of the loss by the logits."""
    size, classes = images.shape[0], weights.output.shape[0]
    total, correct = 0.0, 0
    for i in range(size):
        label = labels[images[i]]
        error = scratch.error[i]
        active = scratch.active[i]
        best = 0
        for c in range(classes):
            logit = np.float32(0)
            row = weights.output[c]
            for h in range(row.shape[0]):
                logit += active[h] * row[h]
            error[c] = logit + weights.output_bias[c]
            if error[c] > error[best]:
                best = c
        correct += best == label
        largest, own = error[best], error[label]
        normalizer = np.float32(0)
        for c in range(classes):
            error[c] = np.exp(error[c] - largest)
            normalizer += error[c]
        total += np.log(normalizer) + largest - own
        for c in range(classes):
            error[c] /= normalizer
        error[label] -= np.float32(1)
        for c in range(classes):
            error[c] /= np.float32(size)
    return total / size, correct


@njit(**OPTIONS)
def _backward(size, weights, gradient, scratch, settings):
    """Fill `gradient`, but for the hidden layer, and scratch.linear with the gradient by what the linear map gave."""
    linear, normal, active, error = scratch.linear, scratch.normal, scratch.active, scratch.error
    classes, width = weights.output.shape
    gradient.output[:] = 0
    gradient.output_bias[:] = 0
    shift, product = scratch.statistics[2], scratch.statistics[3]
    shift[:] = 0
    product[:] = 0
    for i in range(size):
        back = linear[i]
        back[:] = 0
        for c in range(classes):
            e = error[i, c]
            gradient.output_bias[c] += e
            row, gradient_row = weights.output[c], gradient.output[c]
            for h in range(width):
                gradient_row[h] += e * active[i, h]
                back[h] += e * row[h]
        for h in range(width):
            back[h] *= np.float32(1) if active[i, h] > 0 else settings.slope
            shift[h] += back[h]
        if settings.batch_norm:
            for h in range(width):
                product[h] += back[h] * normal[i, h]
    if not settings.batch_norm:
        gradient.bias[:] = shift
        return
    gradient.gamma[:] = product
    gradient.beta[:] = shift
    scale = scratch.statistics[1]
    part = np.float32(1) / np.float32(size)
    for h in range(width):
        shift[h] *= part
        product[h] *= part
    for i in range(size):
        for h in range(width):
            change = linear[i, h] - shift[h] - normal[i, h] * product[h]
            linear[i, h] = weights.gamma[h] * scale[h] * change


@njit(**OPTIONS)
def train_batches(
    order, ends, lit, labels, weights, gradient, mean, square, steps, running, scratch, settings, losses, correct
):
    """One Adam step per mini-batch; the b-th has the images order[ends[b-1]:ends[b]].

    `mean` and `square` are Adam's averages after `steps` steps, `running` the running mean and variance of BN, `[2,
    width]`. Fills `losses` and `correct`, and leaves in `gradient` the gradient of the last mini-batch.
    """
    begin = 0
    for b in range(ends.shape[0]):
        images = order[begin : ends[b]]
        begin = ends[b]
        _forward(images, lit, weights, running[0], running[1], scratch, settings)
        losses[b], correct[b] = _judge(images, labels, weights, scratch)
        _backward(images.shape[0], weights, gradient, scratch, settings)
        _by_pixel(images, lit, scratch)

        step = steps + b + 1
        rate = np.float32(settings.rate / (1 - settings.beta1**step))
        correction = np.float32(1 / np.sqrt(1 - settings.beta2**step))
        beta1, beta2, epsilon = np.float32(settings.beta1), np.float32(settings.beta2), np.float32(settings.epsilon)
        adam = rate, beta1, beta2, correction, epsilon
        last_batch = b + 1 == ends.shape[0]
        for p in lit.ever:
            row = gradient.hidden[p] if last_batch else scratch.row
            for h in range(row.shape[0]):
                row[h] = 0
            _add_rows(row, scratch.linear, scratch.entry[p], scratch.factor[p], 0, scratch.count[p])
            _adam(weights.hidden[p], mean.hidden[p], square.hidden[p], row, *adam)
        for c in range(weights.output.shape[0]):
            _adam(weights.output[c], mean.output[c], square.output[c], gradient.output[c], *adam)
        _adam(weights.bias, mean.bias, square.bias, gradient.bias, *adam)
        _adam(weights.gamma, mean.gamma, square.gamma, gradient.gamma, *adam)
        _adam(weights.beta, mean.beta, square.beta, gradient.beta, *adam)
        _adam(weights.output_bias, mean.output_bias, square.output_bias, gradient.output_bias, *adam)
