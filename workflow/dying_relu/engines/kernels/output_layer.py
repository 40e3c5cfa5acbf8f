"""The output layer and the loss, forward and backward, compiled."""

import numpy as np
from numba import njit

from dying_relu.engines.kernels.compile_options import OPTIONS
from dying_relu.engines.kernels.optimizers import update_parameter, update_vector
from dying_relu.engines.kernels.simd import LANES, broadcast, load, reduce_add, store
from dying_relu.engines.kernels.simd_math import exp


@njit(**OPTIONS)
def _logits(size, active, parameters, logits):
    """Fill `logits` with those of `size` images, four at a time, so that weights are loaded once for four."""
    weight, bias = parameters.output_weight.value, parameters.output_bias.value
    last = size - 1  # takes the place of images that are not there
    for i in range(0, size, 4):
        j, k, m = min(i + 1, last), min(i + 2, last), min(i + 3, last)
        for c in range(weight.shape[0]):
            zero = broadcast(np.float32(0))
            s0, s1, s2, s3 = zero, zero, zero, zero
            for block in range(active.shape[0]):
                w = load(weight, (c, block * LANES))
                s0 = s0 + load(active, (block, i, 0)) * w
                s1 = s1 + load(active, (block, j, 0)) * w
                s2 = s2 + load(active, (block, k, 0)) * w
                s3 = s3 + load(active, (block, m, 0)) * w
            logits[i, c] = reduce_add(s0) + bias[c]
            logits[j, c] = reduce_add(s1) + bias[c]
            logits[k, c] = reduce_add(s2) + bias[c]
            logits[m, c] = reduce_add(s3) + bias[c]


@njit(**OPTIONS)
def softmax_cross_entropy(index, labels, active, parameters, grad_logits):
    """Compute the loss of the mini-batch whose images are `index`, and fill `grad_logits` with its gradient.

    `labels`: int64, of all images. `active`: the last hidden layer's output, `[blocks, size, LANES]`. `parameters`: the
    network's (Parameters). `grad_logits`: `[size, classes]`, with room for a multiple of LANES images; holds the logits
    on the way.
    Returns the mean loss in nats, and the number of correctly classified images.
    """
    size, classes = index.shape[0], grad_logits.shape[1]
    sum_of_losses, correct = 0.0, 0
    _logits(size, active, parameters, grad_logits)
    for i in range(size):
        label = labels[index[i]]
        row = grad_logits[i]
        best = 0
        for c in range(1, classes):
            if row[c] > row[best]:
                best = c
        correct += best == label
        largest = row[best]
        for c in range(classes):
            row[c] -= largest
        sum_of_losses -= row[label]
    for k in range(0, size * classes, LANES):  # through all rows as one
        store(grad_logits, (0, k), exp(load(grad_logits, (0, k))))
    share = np.float32(1) / np.float32(size)
    for i in range(size):
        row = grad_logits[i]
        normalizer = np.float32(0)
        for c in range(classes):
            normalizer += row[c]
        sum_of_losses += np.log(normalizer)
        factor = share / normalizer
        for c in range(classes):
            row[c] *= factor
        row[labels[index[i]]] -= share
    return sum_of_losses / size, correct


@njit(**OPTIONS)
def backward_output(block, size, grad_logits, weight, buffers):
    """Fill a block of `weight.gradient`, and `buffers.grad_output[block]` with the gradient by `buffers.active`.

    `weight`: Parameter `[classes, width]`. `buffers`: those of the last hidden layer.
    """
    classes = weight.value.shape[0]
    column = block * LANES
    zero = broadcast(np.float32(0))
    last = classes - 1  # takes the place of classes that are not there
    for c in range(0, classes, 5):  # as many sums as fit into the registers
        d, e, f, g = min(c + 1, last), min(c + 2, last), min(c + 3, last), min(c + 4, last)
        s0, s1, s2, s3, s4 = zero, zero, zero, zero, zero
        for i in range(size):
            active = load(buffers.active, (block, i, 0))
            s0 = s0 + active * grad_logits[i, c]
            s1 = s1 + active * grad_logits[i, d]
            s2 = s2 + active * grad_logits[i, e]
            s3 = s3 + active * grad_logits[i, f]
            s4 = s4 + active * grad_logits[i, g]
        store(weight.gradient, (c, column), s0)
        store(weight.gradient, (d, column), s1)
        store(weight.gradient, (e, column), s2)
        store(weight.gradient, (f, column), s3)
        store(weight.gradient, (g, column), s4)
    for i in range(size):
        grad = zero
        for c in range(classes):
            grad = grad + load(weight.value, (c, column)) * grad_logits[i, c]
        store(buffers.grad_output, (block, i, 0), grad)


@njit(**OPTIONS)
def update_output(size, grad_logits, weight, bias, step):
    """Update the output layer's `weight` and `bias` (Parameters); the weight's gradient is there already."""
    bias.gradient[:] = 0
    classes, width = weight.value.shape
    for i in range(size):
        for c in range(classes):
            bias.gradient[c] += grad_logits[i, c]
    for c in range(classes):
        for column in range(0, width, LANES):
            update_vector(weight, (c, column), load(weight.gradient, (c, column)), step)
    update_parameter(bias, step)
