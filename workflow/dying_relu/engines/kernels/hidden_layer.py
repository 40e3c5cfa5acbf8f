"""One block of LANES units of a hidden layer, forward and backward, compiled: batch normalisation and activation.

The products of its linear map are in `matmul`. An argument of one name is the same in all functions: `block` the index
of the block, `size` the number of images, `buffers` LayerBuffers, `parameters` LayerParameters, `settings` Settings;
`linear`, `normalized`, `active` and `result` `[blocks, size, LANES]`; `mean`, `variance` and `scale` vectors.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from dying_relu.engines.kernels.compile_options import OPTIONS
from dying_relu.engines.kernels.optimizers import AdamSettings, Floats, Parameter, SGDSettings
from dying_relu.engines.kernels.simd import LANES, broadcast, load, select_positive, store
from dying_relu.engines.kernels.simd_math import exp, sqrt

# Activation functions; a ReLU is a Leaky ReLU of slope 0.
LEAKY_RELU, ELU, GELU, SILU = range(4)


class LayerParameters(NamedTuple):
    """The parameters of a hidden layer, filled up with zeros, which stay zeros.

    `width` is a multiple of LANES, `inputs` a multiple of 4.
    """

    weight: Parameter  # [inputs, width]
    bias: Parameter  # [width], 0 with BN
    gamma: Parameter  # [width], not used without BN
    beta: Parameter  # [width], not used without BN


class LayerBuffers(NamedTuple):
    """What a hidden layer makes of a mini-batch; `size` is room for the largest one, a multiple of REGISTER_TILE."""

    linear: Floats  # [blocks, size, LANES], the linear map's output, which BN normalises in place
    active: Floats  # [blocks, size, LANES], the activation's output
    grad_output: Floats  # [blocks, size, LANES], the gradient of the loss by `active`, then by the linear map's output
    inverse_std: Floats  # [width], 1 / standard deviation of `linear`
    transposed: Floats  # [width, inputs], the transposed weights; empty for the first layer


class Settings(NamedTuple):
    """What does not change during a training."""

    batch_norm: bool
    activation: int  # LEAKY_RELU, ELU, GELU or SILU
    negative_slope: np.float32  # 0 for ReLU
    bn_epsilon: np.float32
    bn_momentum: np.float32
    optimizer: AdamSettings | SGDSettings


@njit(**OPTIONS)
def _inverse_std(variance, settings):
    """Return 1 / standard deviation for a vector of variances."""
    return np.float32(1) / sqrt(variance + settings.bn_epsilon)


@njit(**OPTIONS)
def _normalize(block, size, linear, mean, scale, result):
    """Fill `result[block]` with `(linear - mean) * scale`; `result` may be `linear` itself."""
    for i in range(size):
        store(result, (block, i, 0), (load(linear, (block, i, 0)) - mean) * scale)


@njit(**OPTIONS)
def normalize_by_running(block, size, linear, running, settings, result):
    """Fill `result[block]` with `linear` normalised by the mean and the variance `running`, `[2, width]`."""
    column = block * LANES
    mean, variance = load(running, (0, column)), load(running, (1, column))
    _normalize(block, size, linear, mean, _inverse_std(variance, settings), result)


@njit(**OPTIONS)
def normalize_batch(block, size, buffers, settings):
    """Normalise `buffers.linear[block]` in place by its own statistics.

    Returns two vectors, mean and unbiased variance, as BN's running statistics take them.
    """
    linear = buffers.linear
    mean = broadcast(np.float32(0))
    for i in range(size):
        mean = mean + load(linear, (block, i, 0))
    mean = mean * (np.float32(1) / np.float32(size))
    squares = broadcast(np.float32(0))
    for i in range(size):
        difference = load(linear, (block, i, 0)) - mean
        squares = squares + difference * difference
    scale = _inverse_std(squares * (np.float32(1) / np.float32(size)), settings)
    store(buffers.inverse_std, (block * LANES,), scale)
    _normalize(block, size, linear, mean, scale, linear)
    return mean, squares / np.float32(size - 1)


@njit(**OPTIONS)
def update_running(running, row, block, new, settings):
    """Move a block of BN's running statistic `running[row]` towards the vector `new`."""
    old = load(running, (row, block * LANES))
    store(running, (row, block * LANES), old + (new - old) * settings.bn_momentum)


@njit(**OPTIONS)
def _normal_cdf(y, bell):
    """Return the normal distribution function of the vector `y`, off by at most 3e-7; `bell` is exp(-y^2 / 2).

    Abramowitz and Stegun 1964, formula 7.1.26, in which x is |y| / sqrt(2).
    """
    zero = np.float32(0)
    t = np.float32(1) / (select_positive(y, y, zero - y) * np.float32(0.23164189) + np.float32(1))
    tail = t * np.float32(0.530702715) - np.float32(0.726576015)
    tail = t * tail + np.float32(0.7107068705)
    tail = t * tail - np.float32(0.142248368)
    tail = t * tail + np.float32(0.127414796)
    tail = t * tail * bell
    return select_positive(y, np.float32(1) - tail, tail)


@njit(**OPTIONS)
def _sigmoid(y):
    """Return 1 / (1 + exp(-y)) for the vector `y`; of large values, no exponential overflows."""
    zero, one = broadcast(np.float32(0)), broadcast(np.float32(1))
    small = exp(select_positive(y, zero - y, y))
    return select_positive(y, one, small) / (one + small)


@njit(**OPTIONS)
def activate(block, size, normalized, gamma, beta, settings, active):
    """Fill `active[block]` with the activations of `normalized`, with BN scaled by `gamma` and shifted by `beta`."""
    gamma, beta = load(gamma, (block * LANES,)), load(beta, (block * LANES,))
    for i in range(size):
        y = load(normalized, (block, i, 0))
        if settings.batch_norm:
            y = y * gamma + beta
        if settings.activation == LEAKY_RELU:
            result = select_positive(y, y, y * settings.negative_slope)
        elif settings.activation == ELU:
            result = select_positive(y, y, exp(y) - np.float32(1))
        elif settings.activation == GELU:
            result = y * _normal_cdf(y, exp(y * y * np.float32(-0.5)))
        else:
            result = y * _sigmoid(y)
        store(active, (block, i, 0), result)


@njit(**OPTIONS)
def count_sign(sign, size, active, counts):
    """Add to `counts` `[width]` for how many images a unit's output has this `sign` (1 or -1).

    It is above 0 where the pre-activation is. `active` may have more blocks than `counts`.
    """
    zero, one = broadcast(np.float32(0)), broadcast(np.float32(1))
    for column in range(0, counts.shape[0], LANES):
        count = load(counts, (column,))
        for i in range(size):
            count = count + select_positive(load(active, (column // LANES, i, 0)) * np.float32(sign), one, zero)
        store(counts, (column,), count)


@njit(**OPTIONS)
def backward(block, size, parameters, buffers, settings):
    """Turn `buffers.grad_output[block]` from the gradient by `active` into the gradient by the linear map's output.

    Fills the gradients of the block's bias, or of gamma and beta.
    """
    normalized, grad_output = buffers.linear, buffers.grad_output
    column = block * LANES
    zero = broadcast(np.float32(0))
    grad_beta, grad_gamma = zero, zero
    gamma, beta = load(parameters.gamma.value, (column,)), load(parameters.beta.value, (column,))
    for i in range(size):
        grad, active = load(grad_output, (block, i, 0)), load(buffers.active, (block, i, 0))
        if settings.activation == LEAKY_RELU:
            grad = select_positive(active, grad, grad * settings.negative_slope)
        elif settings.activation == ELU:  # whose slope below 0 is exp(y), 1 more than its value
            grad = select_positive(active, grad, grad * (active + np.float32(1)))
        else:
            y = load(normalized, (block, i, 0))
            if settings.batch_norm:
                y = y * gamma + beta
            if settings.activation == GELU:
                bell = exp(y * y * np.float32(-0.5))
                grad = grad * (_normal_cdf(y, bell) + y * bell * np.float32(0.3989423))  # 1 / sqrt(2 pi)
            else:
                sigmoid = _sigmoid(y)
                grad = grad * (sigmoid + active * (np.float32(1) - sigmoid))
        grad_beta = grad_beta + grad
        if settings.batch_norm:
            grad_gamma = grad_gamma + grad * load(normalized, (block, i, 0))
        store(grad_output, (block, i, 0), grad)
    if not settings.batch_norm:
        store(parameters.bias.gradient, (column,), grad_beta)
        return
    store(parameters.gamma.gradient, (column,), grad_gamma)
    store(parameters.beta.gradient, (column,), grad_beta)
    share = np.float32(1) / np.float32(size)
    mean_grad, mean_product = grad_beta * share, grad_gamma * share
    scale = gamma * load(buffers.inverse_std, (column,))
    for i in range(size):
        grad = load(grad_output, (block, i, 0)) - mean_grad - load(normalized, (block, i, 0)) * mean_product
        store(grad_output, (block, i, 0), scale * grad)
