"""Adam's step on vectors of parameters, compiled (Kingma and Ba 2015, algorithm 1)."""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dying_relu.engines.kernels.compile_options import OPTIONS
from dying_relu.engines.kernels.simd import LANES, load, reciprocal, sqrt, store

Floats = NDArray[np.float32]


class Parameter(NamedTuple):
    """A trained array, its gradient and Adam's moving averages: four C-contiguous arrays of one shape."""

    value: Floats
    gradient: Floats
    first_moment: Floats
    second_moment: Floats


class AdamSettings(NamedTuple):
    """Adam's hyperparameters."""

    learning_rate: float
    beta1: float
    beta2: float
    epsilon: float


class AdamStep(NamedTuple):
    """The factors of one step, the same for all parameters.

    1 - beta is taken before beta is rounded to float32: 0.999 is rounded by so much that 1 - 0.999 would be off by
    1.3e-5 of itself.
    """

    step_size: np.float32  # learning rate, corrected for the first moment's start at 0
    one_minus_beta1: np.float32
    beta2: np.float32
    one_minus_beta2: np.float32
    correction: np.float32  # of the second moment's root
    epsilon: np.float32


@njit(**OPTIONS)
def adam_step(step, settings):
    """Return the AdamStep of `step` (int64, from 1) under `settings` (AdamSettings)."""
    return AdamStep(
        np.float32(settings.learning_rate / (1 - settings.beta1**step)),
        np.float32(1 - settings.beta1),
        np.float32(settings.beta2),
        np.float32(1 - settings.beta2),
        np.float32(1 / np.sqrt(1 - settings.beta2**step)),
        np.float32(settings.epsilon),
    )


@njit(**OPTIONS)
def update_vector(parameter, index, gradient, adam):
    """Update the LANES values of `parameter` (Parameter) from the tuple `index` on.

    `gradient` is their gradient, a vector; `adam` an AdamStep.
    """
    old = load(parameter.first_moment, index)
    m = old + (gradient - old) * adam.one_minus_beta1
    v = load(parameter.second_moment, index) * adam.beta2 + gradient * gradient * adam.one_minus_beta2
    store(parameter.first_moment, index, m)
    store(parameter.second_moment, index, v)
    step = m * adam.step_size * reciprocal(sqrt(v) * adam.correction + adam.epsilon)
    store(parameter.value, index, load(parameter.value, index) - step)


@njit(**OPTIONS)
def update_parameter(parameter, adam):
    """Update a Parameter of shape `[width]` by its own gradient; `width` is a multiple of LANES."""
    for column in range(0, parameter.value.shape[0], LANES):
        update_vector(parameter, (column,), load(parameter.gradient, (column,)), adam)
