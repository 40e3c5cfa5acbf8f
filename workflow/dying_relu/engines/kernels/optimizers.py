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
from dying_relu.engines.kernels.simd import LANES, load, store
from dying_relu.engines.kernels.simd_math import fast_sqrt, reciprocal

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
    warmup_steps: int
    beta1: float
    beta2: float
    epsilon: float


class AdamStep(NamedTuple):
    """The factors of one step, the same for all parameters: they move by m / (`scale` * sqrt(v) + `offset`).

    1 - beta is taken before beta is rounded to float32: 0.999 is rounded by so much that 1 - 0.999 would be off by
    1.3e-5 of itself.
    """

    one_minus_beta1: np.float32
    beta2: np.float32
    one_minus_beta2: np.float32
    scale: np.float32  # the correction for the second moment's start at 0, by the step size
    offset: np.float32  # epsilon by the step size


class SGDSettings(NamedTuple):
    """SGD's hyperparameters."""

    learning_rate: float
    warmup_steps: int
    momentum: float


class SGDStep(NamedTuple):
    """The factors of one step."""

    learning_rate: np.float32
    momentum: np.float32


@njit(**OPTIONS)
def _learning_rate(number, settings):
    """Return the rate of the step of this `number` (from 1), which rises up to `settings.warmup_steps`."""
    return settings.learning_rate * min(1.0, number / max(1, settings.warmup_steps))


@njit(**OPTIONS)
def _adam_step(number, settings):
    step_size = _learning_rate(number, settings) / (
        1 - settings.beta1**number
    )  # corrected for the first moment's start at 0
    return AdamStep(
        np.float32(1 - settings.beta1),
        np.float32(settings.beta2),
        np.float32(1 - settings.beta2),
        np.float32(1 / np.sqrt(1 - settings.beta2**number) / step_size),
        np.float32(settings.epsilon / step_size),
    )


@njit(**OPTIONS)
def _sgd_step(number, settings):
    return SGDStep(np.float32(_learning_rate(number, settings)), np.float32(settings.momentum))


@njit(**OPTIONS)
def _adam_move(m, v, step):
    return m * reciprocal(fast_sqrt(v) * step.scale + step.offset)


@njit(**OPTIONS)
def _update_by_adam(parameter, index, gradient, step):
    old = load(parameter.first_moment, index)
    m = old + (gradient - old) * step.one_minus_beta1
    v = load(parameter.second_moment, index) * step.beta2 + gradient * gradient * step.one_minus_beta2
    store(parameter.first_moment, index, m)
    store(parameter.second_moment, index, v)
    store(parameter.value, index, load(parameter.value, index) - _adam_move(m, v, step))


@njit(**OPTIONS)
def _catch_up_by_adam(parameter, index, steps, first, end):
    value = load(parameter.value, index)
    m, v = load(parameter.first_moment, index), load(parameter.second_moment, index)
    for k in range(first, end):
        m, v = m - m * steps[k].one_minus_beta1, v * steps[k].beta2
        value = value - _adam_move(m, v, steps[k])
    store(parameter.first_moment, index, m)
    store(parameter.second_moment, index, v)
    store(parameter.value, index, value)


@njit(**OPTIONS)
def _update_by_sgd(parameter, index, gradient, step):
    if step.momentum > 0:
        gradient = load(parameter.first_moment, index) * step.momentum + gradient
        store(parameter.first_moment, index, gradient)
    store(parameter.value, index, load(parameter.value, index) - gradient * step.learning_rate)


@njit(**OPTIONS)
def _catch_up_by_sgd(parameter, index, steps, first, end):
    value, velocity = load(parameter.value, index), load(parameter.first_moment, index)
    for k in range(first, end):
        velocity = velocity * steps[k].momentum
        value = value - velocity * steps[k].learning_rate
    store(parameter.first_moment, index, velocity)
    store(parameter.value, index, value)


def next_step(number, settings):
    """Return the factors of the step of this `number` (int64, from 1) under `settings`, of either optimiser."""


def update_vector(parameter, index, gradient, step):
    """Update the LANES values of `parameter` (Parameter) from the tuple `index` on.

    `gradient` is their gradient, a vector; `step` an AdamStep or SGDStep.
    """


def catch_up_vector(parameter, index, steps, first, end):
    """Take the steps `steps[first:end]` (list of AdamStep or SGDStep), whose gradient is 0, as `update_vector` would.

    The bits are the same, but the LANES values of `parameter` stay in registers.
    """


def needs_every_gradient(step):
    """Return whether a parameter moves although its gradient is 0: by Adam's moments, or by a velocity."""


# The optimiser is known when code is compiled: a branch in the inner loops would change how their sums are fused.
@overload(next_step)
def _choose_next_step(number, settings):
    if settings.instance_class is SGDSettings:
        return lambda number, settings: _sgd_step(number, settings)
    return lambda number, settings: _adam_step(number, settings)


@overload(update_vector)
def _choose_update_vector(parameter, index, gradient, step):
    if step.instance_class is SGDStep:
        return lambda parameter, index, gradient, step: _update_by_sgd(parameter, index, gradient, step)
    return lambda parameter, index, gradient, step: _update_by_adam(parameter, index, gradient, step)


@overload(catch_up_vector)
def _choose_catch_up_vector(parameter, index, steps, first, end):
    if steps.dtype.instance_class is SGDStep:
        return lambda parameter, index, steps, first, end: _catch_up_by_sgd(parameter, index, steps, first, end)
    return lambda parameter, index, steps, first, end: _catch_up_by_adam(parameter, index, steps, first, end)


@overload(needs_every_gradient)
def _choose_needs_every_gradient(step):
    if step.instance_class is SGDStep:
        return lambda step: step.momentum > 0
    return lambda step: True


@njit(**OPTIONS)
def update_parameter(parameter, step):
    """Update a Parameter of shape `[width]` by its own gradient; `width` is a multiple of LANES."""
    for column in range(0, parameter.value.shape[0], LANES):
        update_vector(parameter, (column,), load(parameter.gradient, (column,)), step)
