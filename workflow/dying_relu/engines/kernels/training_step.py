"""Training steps and tests of a whole network, compiled: one mini-batch after the other through all layers.

An argument of one name is the same in all functions: `batches` Batches, `images` CSR, `labels` int64 `[images]`,
`state` TrainingState, `parameters` Parameters, `workspace` Workspace, `settings` Settings, `step` AdamStep or SGDStep;
`k` the index of a hidden layer, `block` that of a block of its units, `size` the number of images in the mini-batch.
"""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dying_relu.engines.kernels.compile_options import OPTIONS
from dying_relu.engines.kernels.hidden_layer import (
    LayerBuffers,
    LayerParameters,
    activate,
    backward,
    count_sign,
    normalize_batch,
    normalize_by_running,
    update_running,
)
from dying_relu.engines.kernels.matmul import (
    CSC,
    catch_up,
    gather,
    lit_columns,
    matmul,
    sparse_matmul,
    sparse_update_weight,
    transpose,
    update_weight,
)
from dying_relu.engines.kernels.optimizers import Floats, Parameter, next_step, update_parameter
from dying_relu.engines.kernels.output_layer import backward_output, softmax_cross_entropy, update_output
from dying_relu.engines.kernels.simd import LANES, broadcast, load

# Which statistics BN uses: the mini-batch's, which the running ones follow; the running ones; or the mini-batch's, on
# what TEST has left of the first layer's product, the expensive one.
TRAIN, TEST, TEST_BATCH_STATISTICS = range(3)


class Batches(NamedTuple):
    """Mini-batches; the b-th has the images `index[ends[b - 1]:ends[b]]`."""

    index: NDArray[np.int64]  # [images]
    ends: NDArray[np.int64]  # [batches]


class Parameters(NamedTuple):
    """All parameters of a network."""

    layers: tuple[LayerParameters, ...]  # the hidden layers
    output_weight: Parameter  # [classes, width of the last hidden layer]
    output_bias: Parameter  # [classes], filled up to a multiple of LANES


class TrainingState(NamedTuple):
    """All that lasts from one step to the next."""

    parameters: Parameters
    running: tuple[Floats, ...]  # for each layer [2, width]: BN's running mean and variance
    steps: NDArray[np.int64]  # [1], the steps taken


class Workspace(NamedTuple):
    """Memory for one mini-batch; what it holds between two of them has no meaning."""

    layers: tuple[LayerBuffers, ...]
    grad_logits: Floats  # [size, classes], with room for a multiple of LANES images
    batch: CSC


class TestResults(NamedTuple):
    """Of each mini-batch, its mean loss and its correctly classified images; of each unit, when it is active."""

    loss: NDArray[np.float64]  # [batches], with running statistics
    correct: NDArray[np.int64]  # [2, batches], with running statistics, and with the mini-batch's (0 without BN)
    active: tuple[Floats, ...]  # for each layer [width]: for how many images the pre-activation is above 0


@njit(**OPTIONS)
def _batch(batches, b):
    """Return the images of the b-th mini-batch, int64 `[size]`."""
    return batches.index[(batches.ends[b - 1] if b else 0) : batches.ends[b]]


@njit(**OPTIONS)
def _linear(k, size, columns, images, parameters, workspace):
    """Fill layer k's `linear`."""
    layer, linear = parameters.layers[k], workspace.layers[k].linear
    if not k and not images.dense.shape[0]:
        sparse_matmul(size, columns, images, workspace.batch, layer.weight.value, layer.bias.value, linear)
        return
    inputs = workspace.layers[k - 1].active if k else workspace.batch.dense
    for block in range(linear.shape[0]):
        bias = load(layer.bias.value, (block * LANES,))
        matmul(block, size, inputs, layer.weight.value, bias, linear)


@njit(**OPTIONS)
def forward(size, columns, images, state, workspace, settings, mode):
    """Go through all hidden layers; `mode` (int) is TRAIN, TEST or TEST_BATCH_STATISTICS."""
    for k in range(len(workspace.layers)):
        buffers, layer, running = workspace.layers[k], state.parameters.layers[k], state.running[k]
        if k or mode != TEST_BATCH_STATISTICS:
            _linear(k, size, columns, images, state.parameters, workspace)
        for block in range(buffers.linear.shape[0]):
            normalized = buffers.linear
            if settings.batch_norm:
                if mode == TEST:
                    normalized = buffers.grad_output
                    normalize_by_running(block, size, buffers.linear, running, settings, normalized)
                else:
                    mean, variance = normalize_batch(block, size, buffers, settings)
                    if mode == TRAIN:
                        update_running(running, 0, block, mean, settings)
                        update_running(running, 1, block, variance, settings)
            activate(block, size, normalized, layer.gamma.value, layer.beta.value, settings, buffers.active)


@njit(**OPTIONS)
def _update_hidden(k, size, columns, images, parameters, workspace, settings, step, keep):
    """Compute hidden layer k's gradients and update it, after the layers behind it.

    The weight's gradient is stored only if `keep` (bool) is set.
    """
    buffers, layer = workspace.layers[k], parameters.layers[k]
    if k:
        transpose(layer.weight.value, buffers.transposed)  # before the weights change
    blocks = buffers.linear.shape[0]
    for block in range(blocks):
        if k == len(workspace.layers) - 1:
            backward_output(block, size, workspace.grad_logits, parameters.output_weight, buffers)
        else:
            behind = workspace.layers[k + 1]
            zero = broadcast(np.float32(0))
            matmul(block, size, behind.grad_output, behind.transposed, zero, buffers.grad_output)
        backward(block, size, layer, buffers, settings)
    if not k and not images.dense.shape[0]:
        batch = workspace.batch
        sparse_update_weight(size, columns, images, batch, buffers.grad_output, layer.weight, step, keep)
    else:
        inputs = workspace.layers[k - 1].active if k else workspace.batch.dense
        for block in range(blocks):
            update_weight(block, size, inputs, buffers.grad_output, layer.weight, step, keep)
    if settings.batch_norm:
        update_parameter(layer.gamma, step)
        update_parameter(layer.beta, step)
    else:
        update_parameter(layer.bias, step)


@njit(**OPTIONS)
def train_batches(batches, images, labels, state, workspace, settings, loss, correct):
    """Take one step of the optimiser per mini-batch, which changes `state`.

    Fills `loss` (float32) and `correct` (int64), both `[batches]`, with each mini-batch's mean loss in nats and number
    of correctly classified images before its step. The parameters' gradients are those of the last one afterwards.
    """
    parameters, batch, count = state.parameters, workspace.batch, batches.ends.shape[0]
    weight = parameters.layers[0].weight
    steps = [next_step(state.steps[0] + b + 1, settings.optimizer) for b in range(count)]
    taken = np.zeros(batch.lit.shape[0], np.int64)
    for b in range(count):
        index = _batch(batches, b)
        size = index.shape[0]
        last = b + 1 == count
        gather(index, images, batch)
        # The weights of other pairs are not used, and take this step later; but none waits until the next call.
        columns = images.columns if last else lit_columns(size, images, batch)
        catch_up(columns, weight, taken, steps, b)
        forward(size, columns, images, state, workspace, settings, TRAIN)
        active = workspace.layers[len(workspace.layers) - 1].active
        loss[b], correct[b] = softmax_cross_entropy(index, labels, active, parameters, workspace.grad_logits)
        for k in range(len(workspace.layers) - 1, -1, -1):
            _update_hidden(k, size, columns, images, parameters, workspace, settings, steps[b], last)
        update_output(size, workspace.grad_logits, parameters.output_weight, parameters.output_bias, steps[b])
    state.steps[0] += count


@njit(**OPTIONS)
def test_batches(batches, images, labels, state, workspace, settings, results):
    """Test the network on mini-batches: fill `results` (TestResults), whose `active` must start from 0."""
    parameters = state.parameters
    active = workspace.layers[len(workspace.layers) - 1].active
    for b in range(batches.ends.shape[0]):
        index = _batch(batches, b)
        size = index.shape[0]
        gather(index, images, workspace.batch)
        forward(size, images.columns, images, state, workspace, settings, TEST)
        for k in range(len(workspace.layers)):
            count_sign(1, size, workspace.layers[k].active, results.active[k])
        results.loss[b], results.correct[0, b] = softmax_cross_entropy(
            index, labels, active, parameters, workspace.grad_logits
        )
        if settings.batch_norm:
            forward(size, images.columns, images, state, workspace, settings, TEST_BATCH_STATISTICS)
            _, results.correct[1, b] = softmax_cross_entropy(index, labels, active, parameters, workspace.grad_logits)
