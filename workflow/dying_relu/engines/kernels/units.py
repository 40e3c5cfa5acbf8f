"""Which units are ever active, over all training images, compiled.

Arguments as in `training_step`. `positive` and `negative`, for each layer `[width]`, count the images for which a
unit's output is above and below 0; it is above exactly where the pre-activation is.
"""

from numba import njit

from dying_relu.engines.kernels.compile_options import OPTIONS
from dying_relu.engines.kernels.hidden_layer import activate, count_sign, normalize_by_running
from dying_relu.engines.kernels.matmul import gather, image_matmul, matmul
from dying_relu.engines.kernels.simd import LANES, load
from dying_relu.engines.kernels.training_step import TEST, TRAIN, forward


@njit(**OPTIONS)
def move_statistics(index, images, state, workspace, settings):
    """Move BN's running statistics towards those of the images `index` (int64), by `settings.bn_momentum`."""
    gather(index, images, workspace.batch)
    forward(index.shape[0], images.columns, images, state, workspace, settings, TRAIN)


@njit(**OPTIONS)
def count_outputs(index, images, state, workspace, settings, positive, negative):
    """Count in all layers, for the images `index` (int64)."""
    gather(index, images, workspace.batch)
    forward(index.shape[0], images.columns, images, state, workspace, settings, TEST)
    for k in range(len(workspace.layers)):
        count_sign(1, index.shape[0], workspace.layers[k].active, positive[k])
        count_sign(-1, index.shape[0], workspace.layers[k].active, negative[k])


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
    count_sign(1, size, buffers.active, positive)
    count_sign(-1, size, buffers.active, negative)
