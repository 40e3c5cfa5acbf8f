"""The optimisers' steps on vectors of parameters, compiled, as `torch.optim` takes them.

Adam: Kingma and Ba 2015, algorithm 1. SGD with momentum: Sutskever et al. 2013 in PyTorch's form, in which the velocity
is a sum of gradients, and the learning rate multiplies it.
"""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dying_relu.engines.kernels.compile_options import OPTIONS
from dying_relu.engines.kernels.simd import LANES, load, reciprocal, sqrt, store

Floats = NDArray[np.float32]


class Parameter(NamedTuple):
    """A trained array, its gradient and the optimiser's memory: four C-contiguous arrays of one shape.

    Adam's moving averages, or SGD's velocity in `first_moment`.
    """

    value: Floats
    gradient: Floats
    first_moment: Floats
    second_moment: Floats


class OptimizerSettings(NamedTuple):
    """The optimiser, Adam or else SGD, and its hyperparameters; each leaves those of the other alone."""

    adam: bool
    learning_rate: float
    momentum: float
    beta1: float
    beta2: float
    epsilon: float


class Step(NamedTuple):
    """The factors of one step, the same for all parameters.

    1 - beta is taken before beta is rounded to float32: 0.999 is rounded by so much that 1 - 0.999 would be off by
    1.3e-5 of itself.
    """

    adam: bool
    step_size: np.float32  # learning rate; of Adam, corrected for the first moment's start at 0
    momentum: np.float32
    one_minus_beta1: np.float32
    beta2: np.float32
    one_minus_beta2: np.float32
    correction: np.float32  # of the second moment's root
    epsilon: np.float32


@njit(**OPTIONS)
def next_step(number, settings):
    """Return the Step of this `number` (int64, from 1) under `settings` (OptimizerSettings)."""
    adam = settings.adam
    return Step(
        adam,
        np.float32(settings.learning_rate / (1 - settings.beta1**number) if adam else settings.learning_rate),
        np.float32(settings.momentum),
        np.float32(1 - settings.beta1),
        np.float32(settings.beta2),
        np.float32(1 - settings.beta2),
        np.float32(1 / np.sqrt(1 - settings.beta2**number)),
        np.float32(settings.epsilon),
    )


@njit(**OPTIONS)
def needs_every_gradient(step):
    """Return whether a parameter moves although its gradient is 0: by Adam's moments, or by a velocity."""
    return step.adam or step.momentum > 0


@njit(**OPTIONS)
def update_vector(parameter, index, gradient, step):
    """Update the LANES values of `parameter` (Parameter) from the tuple `index` on.

    `gradient` is their gradient, a vector; `step` a Step.
    """
    if step.adam:
        old = load(parameter.first_moment, index)
        m = old + (gradient - old) * step.one_minus_beta1
        v = load(parameter.second_moment, index) * step.beta2 + gradient * gradient * step.one_minus_beta2
        store(parameter.first_moment, index, m)
        store(parameter.second_moment, index, v)
        move = m * step.step_size * reciprocal(sqrt(v) * step.correction + step.epsilon)
    else:
        if step.momentum > 0:
            gradient = load(parameter.first_moment, index) * step.momentum + gradient
            store(parameter.first_moment, index, gradient)
        move = gradient * step.step_size
    store(parameter.value, index, load(parameter.value, index) - move)


@njit(**OPTIONS)
def update_parameter(parameter, step):
    """Update a Parameter of shape `[width]` by its own gradient; `width` is a multiple of LANES."""
    for column in range(0, parameter.value.shape[0], LANES):
        update_vector(parameter, (column,), load(parameter.gradient, (column,)), step)
