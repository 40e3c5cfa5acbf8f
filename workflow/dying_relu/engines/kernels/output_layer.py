"""The output layer and the loss, forward and backward, compiled."""

import numpy as np
from numba import njit

from dying_relu.engines.kernels.compile_options import OPTIONS
from dying_relu.engines.kernels.optimizers import update_parameter, update_vector
from dying_relu.engines.kernels.simd import LANES, broadcast, load, reduce_add, store


@njit(**OPTIONS)
def softmax_cross_entropy(index, labels, active, parameters, grad_logits):
    """Compute the loss of the mini-batch whose images are `index`, and fill `grad_logits` with its gradient.

    `labels`: int64, of all images. `active`: the last hidden layer's output, `[blocks, size, LANES]`. `parameters`: the
    network's (Parameters). `grad_logits`: `[size, classes]`; holds the logits on the way.
    Returns the mean loss in nats, and the number of correctly classified images.
    """
    weight, bias = parameters.output_weight.value, parameters.output_bias.value
    size, classes = index.shape[0], weight.shape[0]
    sum_of_losses, correct = 0.0, 0
    for i in range(size):
        label = labels[index[i]]
        row = grad_logits[i]
        best = 0
        for c in range(classes):
            products = broadcast(np.float32(0))
            for block in range(active.shape[0]):
                products = products + load(active, (block, i, 0)) * load(weight, (c, block * LANES))
            row[c] = reduce_add(products) + bias[c]
            if row[c] > row[best]:
                best = c
        correct += best == label
        largest, own = row[best], row[label]
        normalizer = np.float32(0)
        for c in range(classes):
            row[c] = np.exp(row[c] - largest)
            normalizer += row[c]
        sum_of_losses += np.log(normalizer) + largest - own
        for c in range(classes):
            row[c] /= normalizer
        row[label] -= np.float32(1)
        for c in range(classes):
            row[c] /= np.float32(size)
    return sum_of_losses / size, correct


@njit(**OPTIONS)
def backward_output(block, size, grad_logits, weight, buffers):
    """Fill a block of `weight.gradient`, and `buffers.grad_output[block]` with the gradient by `buffers.active`.

    `weight`: Parameter `[classes, width]`. `buffers`: those of the last hidden layer.
    """
    classes = weight.value.shape[0]
    column = block * LANES
    zero = broadcast(np.float32(0))
    for c in range(classes):
        grad = zero
        for i in range(size):
            grad = grad + load(buffers.active, (block, i, 0)) * grad_logits[i, c]
        store(weight.gradient, (c, column), grad)
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
