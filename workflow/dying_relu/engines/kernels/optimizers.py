"""The optimisers' steps on vectors of parameters, compiled, as `torch.optim` takes them.

Adam: Kingma and Ba 2015, algorithm 1. SGD with momentum: Sutskever et al. 2013 in PyTorch's form, in which the velocity
is a sum of gradients, and the learning rate multiplies it.
"""

from typing import NamedTuple

import numpy as np
from numba import njit
from numba.extending import overload
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


class SGD(NamedTuple):
    """SGD's hyperparameters, which are the factors of every step, too."""

    learning_rate: np.float32
    momentum: np.float32


@njit(**OPTIONS)
def _adam_step(number, settings):
    return AdamStep(
        np.float32(settings.learning_rate / (1 - settings.beta1**number)),
        np.float32(1 - settings.beta1),
        np.float32(settings.beta2),
        np.float32(1 - settings.beta2),
        np.float32(1 / np.sqrt(1 - settings.beta2**number)),
        np.float32(settings.epsilon),
    )


@njit(**OPTIONS)
def _update_by_adam(parameter, index, gradient, step):
    old = load(parameter.first_moment, index)
    m = old + (gradient - old) * step.one_minus_beta1
    v = load(parameter.second_moment, index) * step.beta2 + gradient * gradient * step.one_minus_beta2
    store(parameter.first_moment, index, m)
    store(parameter.second_moment, index, v)
    move = m * step.step_size * reciprocal(sqrt(v) * step.correction + step.epsilon)
    store(parameter.value, index, load(parameter.value, index) - move)


@njit(**OPTIONS)
def _update_by_sgd(parameter, index, gradient, step):
    if step.momentum > 0:
        gradient = load(parameter.first_moment, index) * step.momentum + gradient
        store(parameter.first_moment, index, gradient)
    store(parameter.value, index, load(parameter.value, index) - gradient * step.learning_rate)


def next_step(number, settings):
    """Return the factors of the step of this `number` (int64, from 1) under `settings` (AdamSettings or SGD)."""


def update_vector(parameter, index, gradient, step):
    """Update the LANES values of `parameter` (Parameter) from the tuple `index` on.

    `gradient` is their gradient, a vector; `step` an AdamStep or SGD.
    """


def needs_every_gradient(step):
    """Return whether a parameter moves although its gradient is 0: by Adam's moments, or by a velocity."""


# The optimiser is known when code is compiled: a branch in the inner loops would change how their sums are fused.
@overload(next_step)
def _choose_next_step(number, settings):
    if settings.instance_class is SGD:
        return lambda number, settings: settings
    return lambda number, settings: _adam_step(number, settings)


@overload(update_vector)
def _choose_update_vector(parameter, index, gradient, step):
    if step.instance_class is SGD:
        return lambda parameter, index, gradient, step: _update_by_sgd(parameter, index, gradient, step)
    return lambda parameter, index, gradient, step: _update_by_adam(parameter, index, gradient, step)


@overload(needs_every_gradient)
def _choose_needs_every_gradient(step):
    if step.instance_class is SGD:
        return lambda step: step.momentum > 0
    return lambda step: True


@njit(**OPTIONS)
def update_parameter(parameter, step):
    """Update a Parameter of shape `[width]` by its own gradient; `width` is a multiple of LANES."""
    for column in range(0, parameter.value.shape[0], LANES):
        update_vector(parameter, (column,), load(parameter.gradient, (column,)), step)
