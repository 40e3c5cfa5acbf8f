"""The products of a linear map, forward and backward, compiled: sparse for the first layer, dense for the others.

Four fifths of MNIST's pixels are 0, and a product with 0 need not be computed. Non-zero pixels lie side by side, so
pixels are stored in pairs: 58 pairs hold 100 non-zero pixels. A mini-batch is sorted by pair, and both products of the
first layer go through the pairs, and through the images of each. They do so for one block of LANES hidden units at a
time, or for small mini-batches pair by pair for all blocks: the pair's weights, or their gradient, stay in registers,
and the images' share of what is worked on in the L1 cache.

Pairs that are 0 throughout a mini-batch (44 % of them with 10 images) are not touched: their weights take Adam's step,
or that of a velocity, later, in registers (`catch_up`). What bounds these steps is the traffic with the L2 cache.

The dense products, of deeper layers and of inputs without zeros, keep the sums of several images or inputs in
registers.

Activations and their gradients are arrays `[blocks, images, LANES]`: unit u of an image is at `[u // LANES, image,
u % LANES]`.
"""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dying_relu.engines.kernels.compile_options import OPTIONS
from dying_relu.engines.kernels.optimizers import Floats, catch_up_vector, needs_every_gradient, update_vector
from dying_relu.engines.kernels.simd import LANES, broadcast, load, prefetch, store

# Images whose share of a block fits into the L1 cache. Larger mini-batches, in one piece, take a sixth more time.
CACHE_TILE = 128
# Images whose sums a dense product keeps in registers, as many as fit.
REGISTER_TILE = 6
# Images that are fetched from memory before their turn: they lie anywhere in it.
AHEAD = 4
PER_LINE = 32  # entries of an image in a cache line


class CSR(NamedTuple):
    """Images as a sparse matrix in CSR format, whose columns are pairs of pixels.

    Image i has the pairs `indices[indptr[i]:indptr[i + 1]]`, with the pixels `data` at the same places. Where a pixel
    of 0 is another input than 0, nothing can be left out: then the images are in `dense`, and the matrix is empty.
    """

    indptr: NDArray[np.int64]  # [images + 1]
    indices: NDArray[np.uint16]  # [non-zero pairs]
    data: NDArray[np.uint16]  # [non-zero pairs], two pixels, the first in the lower byte
    columns: NDArray[np.int64]  # the pairs that are not 0 in every image; the weights of the others never change
    inputs: Floats  # [256], the network's input for each value of a pixel
    dense: NDArray[np.uint8]  # [images, inputs], or [0, 0]


class CSC(NamedTuple):
    """A mini-batch by columns, much as in CSC format, with room for the largest one.

    Column q has the entries `entries[q, ends[t, q]:ends[t + 1, q]]` from the t-th tile of CACHE_TILE images.
    """

    entries: NDArray[np.uint32]  # [pairs, size], an image's place in the mini-batch * 2**16 + the pair's two pixels
    ends: NDArray[np.int64]  # [tiles + 1, pairs]; the first row is 0
    lit: NDArray[np.int64]  # [pairs], room for `lit_columns`
    dense: Floats  # [blocks, size, LANES], the inputs, where `CSR.dense` holds the images


@njit(**OPTIONS)
def _tiles(size):
    """Return the number of cache tiles in a mini-batch of `size` images."""
    return (size + CACHE_TILE - 1) // CACHE_TILE


@njit(**OPTIONS)
def gather(index, images, batch):
    """Fill `batch` (CSC) with the images (CSR) of the int64 array `index`."""
    if images.dense.shape[0]:
        for i in range(index.shape[0]):
            pixels = images.dense[index[i]]
            for block in range(batch.dense.shape[0]):
                first = block * LANES
                for p in range(min(LANES, pixels.shape[0] - first)):
                    batch.dense[block, i, p] = images.inputs[pixels[first + p]]
        return
    entries, size = batch.entries, index.shape[0]
    for tile in range(_tiles(size)):
        ends = batch.ends[tile + 1]
        for q in range(ends.shape[0]):
            ends[q] = batch.ends[tile, q]
        for i in range(tile * CACHE_TILE, min(size, (tile + 1) * CACHE_TILE)):
            if i + AHEAD < size:
                image = index[i + AHEAD]
                for k in range(images.indptr[image], images.indptr[image + 1], PER_LINE):
                    prefetch(images.indices, k)
                    prefetch(images.data, k)
            image = index[i]
            for k in range(images.indptr[image], images.indptr[image + 1]):
                q = images.indices[k]
                end = ends[q]
                entries[q, end] = np.uint32(i << 16) | images.data[k]
                ends[q] = end + 1


@njit(**OPTIONS)
def lit_columns(size, images, batch):
    """Return the pairs that are lit, that is not 0, in any of the `size` images of `batch` (CSC): int64, ascending."""
    ends = batch.ends[_tiles(size)]
    lit, count = batch.lit, 0
    for q in images.columns:
        lit[count] = q
        count += ends[q] > 0  # no branch: whether a pair is lit cannot be predicted
    return lit[:count]


@njit(**OPTIONS)
def matmul(block, size, inputs, weight, bias, result):
    """Fill `result[block]` with `bias + inputs @ weight[:, columns of the block]`, for `size` images.

    `inputs` and `result` are `[blocks, images, LANES]`, `weight` `[inputs, width]`, `bias` a vector. There must be room
    for the next multiple of REGISTER_TILE images; what lies beyond `size` has no meaning.
    """
    column = block * LANES
    for i in range(-(-size // REGISTER_TILE) * REGISTER_TILE):
        store(result, (block, i, 0), bias)
    for part in range(inputs.shape[0]):
        first = part * LANES
        rows = min(LANES, weight.shape[0] - first)  # of the weight; they stay in the L1 cache for all images
        for i in range(0, size, REGISTER_TILE):
            s0 = load(result, (block, i, 0))
            s1 = load(result, (block, i + 1, 0))
            s2 = load(result, (block, i + 2, 0))
            s3 = load(result, (block, i + 3, 0))
            s4 = load(result, (block, i + 4, 0))
            s5 = load(result, (block, i + 5, 0))
            for p in range(rows):
                w = load(weight, (first + p, column))
                s0 = s0 + w * inputs[part, i, p]
                s1 = s1 + w * inputs[part, i + 1, p]
                s2 = s2 + w * inputs[part, i + 2, p]
                s3 = s3 + w * inputs[part, i + 3, p]
                s4 = s4 + w * inputs[part, i + 4, p]
                s5 = s5 + w * inputs[part, i + 5, p]
            store(result, (block, i, 0), s0)
            store(result, (block, i + 1, 0), s1)
            store(result, (block, i + 2, 0), s2)
            store(result, (block, i + 3, 0), s3)
            store(result, (block, i + 4, 0), s4)
            store(result, (block, i + 5, 0), s5)


@njit(**OPTIONS)
def _together(blocks, size):
    """Return how many of the `blocks` are worked on together: all if the activations of `size` images are few.

    A pair's weights lie side by side in all blocks, and come sooner from the L2 cache in one piece. That outweighs
    activations of up to 64 KB, which do not fit into the L1 cache altogether.
    """
    return blocks if blocks * size <= 2 * CACHE_TILE else 1


@njit(**OPTIONS)
def sparse_matmul(size, columns, images, batch, weight, bias, result):
    """Fill `result` with `bias + inputs @ weight`, for `size` images of `batch` (CSC), taken from `images` (CSR).

    `columns`: int64, all pairs that are lit. `weight` is `[inputs, width]`, `bias` `[width]`, `result` `[blocks,
    images, LANES]`.
    """
    entries, blocks = batch.entries, result.shape[0]
    together = _together(blocks, size)
    for first in range(0, blocks, together):
        end = min(first + together, blocks)
        for block in range(first, end):
            start = load(bias, (block * LANES,))
            for i in range(size):
                store(result, (block, i, 0), start)
        for tile in range(_tiles(size)):
            for q in columns:
                for block in range(first, end):
                    w0 = load(weight, (2 * q, block * LANES))
                    w1 = load(weight, (2 * q + 1, block * LANES))
                    for k in range(batch.ends[tile, q], batch.ends[tile + 1, q]):
                        e = entries[q, k]
                        i = e >> np.uint32(16)
                        x0 = images.inputs[e & np.uint32(255)]
                        x1 = images.inputs[(e >> np.uint32(8)) & np.uint32(255)]
                        store(result, (block, i, 0), load(result, (block, i, 0)) + w0 * x0 + w1 * x1)


@njit(**OPTIONS)
def image_matmul(block, index, images, weight, bias, result):
    """`sparse_matmul` image by image: faster for few blocks, since nothing is sorted before. `index` as in `gather`."""
    column = block * LANES
    for i in range(index.shape[0]):
        total = bias
        for k in range(images.indptr[index[i]], images.indptr[index[i] + 1]):
            row, pixels = 2 * np.int64(images.indices[k]), images.data[k]
            total = total + load(weight, (row, column)) * images.inputs[pixels & np.uint16(255)]
            total = total + load(weight, (row + 1, column)) * images.inputs[pixels >> np.uint16(8)]
        store(result, (block, i, 0), total)


@njit(**OPTIONS)
def update_weight(block, size, inputs, grad_output, weight, step, keep):
    """Update the block's columns of `weight` (Parameter `[inputs, width]`) by the gradient `inputs.T @ grad_output`.

    `inputs` and `grad_output` are `[blocks, images, LANES]`, `step` is an AdamStep or SGDStep. The gradient stays in
    registers; it is stored in `weight.gradient` only if `keep` (bool) is set.
    """
    column = block * LANES
    for p in range(0, weight.value.shape[0], 4):
        part, row = p // LANES, p % LANES
        zero = broadcast(np.float32(0))
        g0, g1, g2, g3 = zero, zero, zero, zero
        for i in range(size):
            grad = load(grad_output, (block, i, 0))
            g0 = g0 + grad * inputs[part, i, row]
            g1 = g1 + grad * inputs[part, i, row + 1]
            g2 = g2 + grad * inputs[part, i, row + 2]
            g3 = g3 + grad * inputs[part, i, row + 3]
        if keep:
            store(weight.gradient, (p, column), g0)
            store(weight.gradient, (p + 1, column), g1)
            store(weight.gradient, (p + 2, column), g2)
            store(weight.gradient, (p + 3, column), g3)
        update_vector(weight, (p, column), g0, step)
        update_vector(weight, (p + 1, column), g1, step)
        update_vector(weight, (p + 2, column), g2, step)
        update_vector(weight, (p + 3, column), g3, step)


@njit(**OPTIONS)
def sparse_update_weight(size, columns, images, batch, grad_output, weight, step, keep):
    """`update_weight` for all blocks, with the pairs `columns` (int64) of `batch` (CSC), taken from `images` (CSR).

    The weights of other pairs neither move nor get a gradient: see `catch_up`.
    """
    entries, blocks = batch.entries, grad_output.shape[0]
    together = _together(blocks, size)
    ends = batch.ends[_tiles(size)]
    for first in range(0, blocks, together):
        for q in columns:
            for block in range(first, min(first + together, blocks)):
                column = block * LANES
                g0 = broadcast(np.float32(0))
                g1 = g0
                for k in range(ends[q]):
                    e = entries[q, k]
                    grad = load(grad_output, (block, e >> np.uint32(16), 0))
                    g0 = g0 + grad * images.inputs[e & np.uint32(255)]
                    g1 = g1 + grad * images.inputs[(e >> np.uint32(8)) & np.uint32(255)]
                if keep:
                    store(weight.gradient, (2 * q, column), g0)
                    store(weight.gradient, (2 * q + 1, column), g1)
                update_vector(weight, (2 * q, column), g0, step)
                update_vector(weight, (2 * q + 1, column), g1, step)


@njit(**OPTIONS)
def catch_up(columns, weight, taken, steps, now):
    """Let the weights of the pairs `columns` (int64) take the steps before step `now` that were put off.

    `steps` is a list of AdamStep or SGDStep; `taken`, int64 `[pairs]`, counts those that a pair's weights have taken.
    The pairs take step `now` next, by `sparse_update_weight`, and it is counted already.
    """
    width = weight.value.shape[1]
    for q in columns:
        if taken[q] < now and needs_every_gradient(steps[now]):
            for column in range(0, width, LANES):
                catch_up_vector(weight, (2 * q, column), steps, taken[q], now)
                catch_up_vector(weight, (2 * q + 1, column), steps, taken[q], now)
        taken[q] = now + 1


@njit(**OPTIONS)
def transpose(matrix, transposed):
    """Copy `matrix` `[inputs, width]` into `transposed`, which may be wider than `inputs` and shorter than `width`.

    `inputs` is a multiple of 4.
    """
    for p in range(0, matrix.shape[0], 4):
        for c in range(transposed.shape[0]):
            for k in range(p, p + 4):
                transposed[c, k] = matrix[k, c]
