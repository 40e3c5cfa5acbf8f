"""Which units are ever active, over all training images, compiled.

Arguments as in `training_step`. `positive` and `negative`, for each layer `[width]`, count the images for which a
unit's output is above and below 0; it is above exactly where the pre-activation is.
"""

import numpy as np
from numba import njit

from dying_relu.engines.kernels.compile_options import OPTIONS
from dying_relu.engines.kernels.hidden_layer import Settings, activate, normalize_by_running
from dying_relu.engines.kernels.matmul import gather, image_matmul, matmul
from dying_relu.engines.kernels.simd import LANES, broadcast, load, select_positive, store
from dying_relu.engines.kernels.training_step import TEST, TRAIN, forward


@njit(**OPTIONS)
def average_statistics(batches, images, state, workspace, settings):
    """Fill `state.running` with the means of BN's statistics over `batches`."""
    begin = 0
    for b in range(batches.ends.shape[0]):
        index = batches.index[begin : batches.ends[b]]
        begin = batches.ends[b]
        share = Settings(
            settings.batch_norm,
            settings.activation,
            settings.negative_slope,
            settings.bn_epsilon,
            np.float32(1 / (b + 1)),
            settings.optimizer,
        )
        gather(index, images, workspace.batch)
        forward(index.shape[0], images.columns, images, state, workspace, share, TRAIN)


@njit(**OPTIONS)
def _count_signs(size, active, positive, negative):
    """Add to the counts of one layer for `size` images whose outputs are `active`, `[blocks, size, LANES]`."""
    zero, one = broadcast(np.float32(0)), broadcast(np.float32(1))
    for column in range(0, positive.shape[0], LANES):
        above, below = load(positive, (column,)), load(negative, (column,))
        for i in range(size):
            output = load(active, (column // LANES, i, 0))
            above = above + select_positive(output, one, zero)
            below = below + select_positive(zero - output, one, zero)
        store(positive, (column,), above)
        store(negative, (column,), below)


@njit(**OPTIONS)
def count_outputs(index, images, state, workspace, settings, positive, negative):
    """Count in all layers, for the images `index` (int64)."""
    gather(index, images, workspace.batch)
    forward(index.shape[0], images.columns, images, state, workspace, settings, TEST)
    for k in range(len(workspace.layers)):
        _count_signs(index.shape[0], workspace.layers[k].active, positive[k], negative[k])


@njit(**OPTIONS)
def count_first_layer(index, images, batch, layer, running, buffers, settings, positive, negative):
    """Count in a first layer with the LayerParameters `layer` and BN's statistics `running`, `[2, width]`.

    It may have fewer units than the network's, whose CSC `batch` and LayerBuffers `buffers` it uses; the counts are
    `[width]`.
    """
    size = index.shape[0]
    if images.dense.shape[0]:
        gather(index, images, batch)
    for block in range(layer.bias.value.shape[0] // LANES):
        bias = load(layer.bias.value, (block * LANES,))
        if images.dense.shape[0]:
            matmul(block, size, batch.dense, layer.weight.value, bias, buffers.linear)
        else:
            image_matmul(block, index, images, layer.weight.value, bias, buffers.linear)
        if settings.batch_norm:
            normalize_by_running(block, size, buffers.linear, running, settings, buffers.linear)
        activate(block, size, buffers.linear, layer.gamma.value, layer.beta.value, settings, buffers.active)
    _count_signs(size, buffers.active, positive, negative)
