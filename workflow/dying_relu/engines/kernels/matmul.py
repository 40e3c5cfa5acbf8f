"""The products of a linear map, forward and backward, compiled: of lit pixels alone, or of all that comes in.

Four fifths of MNIST's pixels are 0, and a product with 0 need not be computed. Lit pixels lie side by side, so pixels
are taken in pairs: an image is a list of its lit pairs, of which there are 58 to every 100 lit pixels. A mini-batch is
sorted by pair; both products of the first layer then go through the pairs, and through the images of each. That is done
for LANES hidden units at a time, a block: a pair's weights, or their gradient, stay in registers, and what the images
have of the block in the first cache.

Between layers, and where dark pixels are something else than 0 for the network, nothing is left out. Then sums of
several images, or of several inputs, stay in registers.

What the images have of all units, or inputs, is an array `[blocks, images, LANES]`.
"""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dying_relu.engines.kernels.adam import update_vector
from dying_relu.engines.kernels.compile_options import OPTIONS
from dying_relu.engines.kernels.simd import LANES, broadcast, load, store

Floats = NDArray[np.float32]

# So many images' share of a block fits into the first cache. Beyond, mini-batches of 500 take a sixth more time.
CACHE_TILE = 128
# Where nothing is left out: images whose sums are in registers at once, all that there is room for.
REGISTER_TILE = 6


class CSR(NamedTuple):
    """Images as their lit pairs of pixels: those of image i are at start[i]..start[i+1]-1 of `pair` and `value`.

    Where the network sees something else than 0 of a dark pixel nothing can be left out; then they are in `all`.
    """

    start: NDArray[np.int64]
    pair: NDArray[np.uint16]
    value: NDArray[np.uint16]  # both pixels, the first in the lower byte
    ever: NDArray[np.int64]  # the pairs that are lit in any image; the weights of the others never change
    inputs: Floats  # [256], what the network sees of a pixel
    all: NDArray[np.uint8]  # [n, inputs], or without rows where pairs are used


class CSC(NamedTuple):
    """A mini-batch, made ready for the products; room for the largest one."""

    entry: NDArray[np.uint32]  # [pairs, size], places in the mini-batch * 2**16, and the pair's value in them
    until: NDArray[np.int64]  # [parts + 1, pairs], how many entries of a pair are from the images of earlier parts
    images: Floats  # [blocks, size, LANES], what the network sees, where nothing can be left out


@njit(**OPTIONS)
def _parts(size):
    """Into how many parts a mini-batch falls."""
    return (size + CACHE_TILE - 1) // CACHE_TILE


@njit(**OPTIONS)
def _by_pair(images, lit, batch):
    """Sort the lit pairs of a mini-batch by pair: fill batch.entry and batch.until."""
    entry, size = batch.entry, images.shape[0]
    for part in range(_parts(size)):  # the first row of batch.until stays 0
        until = batch.until[part + 1]
        for q in range(until.shape[0]):
            until[q] = batch.until[part, q]
        for i in range(part * CACHE_TILE, min(size, (part + 1) * CACHE_TILE)):
            image = images[i]
            for k in range(lit.start[image], lit.start[image + 1]):
                q = lit.pair[k]
                place = until[q]
                entry[q, place] = np.uint32(i << 16) | lit.value[k]
                until[q] = place + 1


@njit(**OPTIONS)
def _gather(images, lit, batch):
    """Fill batch.images with a mini-batch."""
    for i in range(images.shape[0]):
        pixels = lit.all[images[i]]
        for part in range(batch.images.shape[0]):
            first = part * LANES
            for p in range(min(LANES, pixels.shape[0] - first)):
                batch.images[part, i, p] = lit.inputs[pixels[first + p]]


@njit(**OPTIONS)
def arrange(images, lit, batch):
    """Make the mini-batch of these images ready for the products."""
    if lit.all.shape[0]:
        _gather(images, lit, batch)
    else:
        _by_pair(images, lit, batch)


@njit(**OPTIONS)
def product(block, size, inputs, weight, start, result):
    """Fill a block of `result` with `start`, a vector, plus the inputs' product with the block's columns of `weight`.

    `size` is taken as the next multiple of TOGETHER.
    """
    column = block * LANES
    for i in range(-(-size // REGISTER_TILE) * REGISTER_TILE):
        store(result, (block, i, 0), start)
    for part in range(inputs.shape[0]):
        first = part * LANES
        rows = min(LANES, weight.shape[0] - first)  # they stay in the first cache while the images go by
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
def product_of_pairs(block, size, lit, batch, weight, start, result):
    """`product` with the lit pixels of a mini-batch."""
    entry = batch.entry
    column = block * LANES
    for i in range(size):
        store(result, (block, i, 0), start)
    for part in range(_parts(size)):
        for q in lit.ever:
            w0 = load(weight, (2 * q, column))
            w1 = load(weight, (2 * q + 1, column))
            for k in range(batch.until[part, q], batch.until[part + 1, q]):
                e = entry[q, k]
                i = e >> np.uint32(16)
                f0 = lit.inputs[e & np.uint32(255)]
                f1 = lit.inputs[(e >> np.uint32(8)) & np.uint32(255)]
                store(result, (block, i, 0), load(result, (block, i, 0)) + w0 * f0 + w1 * f1)


@njit(**OPTIONS)
def update(block, size, inputs, back, weight, gradient, mean, square, adam, keep):
    """Adam on a block's columns of `weight`, whose gradient is what inputs and `back`, by image, have together.

    The gradient is written down only where `keep` says so.
    """
    column = block * LANES
    for p in range(0, weight.shape[0], 4):
        part, row = p // LANES, p % LANES
        zero = broadcast(np.float32(0))
        g0, g1, g2, g3 = zero, zero, zero, zero
        for i in range(size):
            change = load(back, (block, i, 0))
            g0 = g0 + change * inputs[part, i, row]
            g1 = g1 + change * inputs[part, i, row + 1]
            g2 = g2 + change * inputs[part, i, row + 2]
            g3 = g3 + change * inputs[part, i, row + 3]
        if keep:
            store(gradient, (p, column), g0)
            store(gradient, (p + 1, column), g1)
            store(gradient, (p + 2, column), g2)
            store(gradient, (p + 3, column), g3)
        update_vector(weight, mean, square, (p, column), g0, adam)
        update_vector(weight, mean, square, (p + 1, column), g1, adam)
        update_vector(weight, mean, square, (p + 2, column), g2, adam)
        update_vector(weight, mean, square, (p + 3, column), g3, adam)


@njit(**OPTIONS)
def update_by_pairs(block, size, lit, batch, back, weight, gradient, mean, square, adam, keep):
    """`update` with the lit pixels of a mini-batch."""
    entry = batch.entry
    count = batch.until[_parts(size)]
    column = block * LANES
    for q in lit.ever:
        g0 = broadcast(np.float32(0))
        g1 = g0
        for k in range(count[q]):
            e = entry[q, k]
            change = load(back, (block, e >> np.uint32(16), 0))
            g0 = g0 + change * lit.inputs[e & np.uint32(255)]
            g1 = g1 + change * lit.inputs[(e >> np.uint32(8)) & np.uint32(255)]
        if keep:
            store(gradient, (2 * q, column), g0)
            store(gradient, (2 * q + 1, column), g1)
        update_vector(weight, mean, square, (2 * q, column), g0, adam)
        update_vector(weight, mean, square, (2 * q + 1, column), g1, adam)


@njit(**OPTIONS)
def transpose(matrix, transposed):
    """Fill the rows and columns of `transposed` that `matrix` has."""
    for p in range(0, matrix.shape[0], 4):
        for c in range(transposed.shape[0]):
            for k in range(p, p + 4):
                transposed[c, k] = matrix[k, c]
