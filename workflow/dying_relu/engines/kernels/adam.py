"""Adam's step for vectors of weights, compiled."""

from typing import NamedTuple

import numpy as np
from numba import njit

from dying_relu.engines.kernels.compile_options import OPTIONS
from dying_relu.engines.kernels.simd import LANES, load, reciprocal, sqrt, store


class Adam(NamedTuple):
    """What all weights share in one step.

    `rate` is corrected for the mean, `correction` for the square; `rest1` and `rest2` are 1 - beta, from the betas
    before they are rounded: 0.999 is rounded by so much that 1 - 0.999 would be off by 1.3e-5 of itself.
    """

    rate: np.float32
    rest1: np.float32
    beta2: np.float32
    rest2: np.float32
    correction: np.float32
    epsilon: np.float32


@njit(**OPTIONS)
def adam_of_step(step, rate, beta1, beta2, epsilon):
    """What holds in step `step`, from 1."""
    return Adam(
        np.float32(rate / (1 - beta1**step)),
        np.float32(1 - beta1),
        np.float32(beta2),
        np.float32(1 - beta2),
        np.float32(1 / np.sqrt(1 - beta2**step)),
        np.float32(epsilon),
    )


@njit(**OPTIONS)
def update_vector(weight, mean, square, place, g, adam):
    """Kingma and Ba 2015, algorithm 1, for the LANES weights at `place`, with the gradient `g`.

    `mean` and `square` are Adam's averages, arrays as `weight`.
    """
    old = load(mean, place)
    m = old + (g - old) * adam.rest1
    v = load(square, place) * adam.beta2 + g * g * adam.rest2
    store(mean, place, m)
    store(square, place, v)
    store(weight, place, load(weight, place) - m * adam.rate * reciprocal(sqrt(v) * adam.correction + adam.epsilon))


@njit(**OPTIONS)
def update_row(weight, mean, square, gradient, adam):
    """The same for a row of numbers, whose length is a multiple of LANES."""
    for column in range(0, weight.shape[0], LANES):
        update_vector(weight, mean, square, (column,), load(gradient, (column,)), adam)
