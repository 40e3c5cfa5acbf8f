"""Vectors in compiled code, against NumPy."""

import numpy as np
import pytest
from numba import njit

from dying_relu.engines.kernels.simd import LANES, broadcast, load, reciprocal, reduce_add, select_positive, sqrt, store

GENERATOR = np.random.default_rng(3)
ONE = GENERATOR.normal(size=(3, 2 * LANES)).astype(np.float32)
OTHER = GENERATOR.normal(size=2 * LANES).astype(np.float32)


@njit
def _arithmetic(one, other, result):
    a, b = load(one, (1, 3)), load(other, (3,))
    store(result, (0, 0), (a + b) * a - b / a)
    store(result, (1, 0), np.float32(2) * a + b * np.float32(3))
    store(result, (2, 0), select_positive(a, b, broadcast(np.float32(7))))
    store(result, (3, 0), sqrt(a * a))


def test_arithmetic_is_by_element():
    result = np.zeros((4, LANES), np.float32)
    _arithmetic(ONE, OTHER, result)
    a, b = ONE[1, 3 : 3 + LANES], OTHER[3 : 3 + LANES]
    expected = [(a + b) * a - b / a, 2 * a + 3 * b, np.where(a > 0, b, 7), np.abs(a)]
    assert result == pytest.approx(np.array(expected), rel=1e-5, abs=1e-6)


@njit
def _reduce(numbers):
    return reduce_add(load(numbers, (0,)))


def test_reduce_add_is_the_sum():
    assert _reduce(OTHER) == pytest.approx(OTHER[:LANES].astype(np.float64).sum(), abs=1e-5)


@njit
def _reciprocals(numbers, result):
    for begin in range(0, numbers.shape[0], LANES):
        store(result, (begin,), reciprocal(load(numbers, (begin,))))


def test_reciprocal_is_close_to_rounding_zero_of_infinity_and_nan_of_nan():
    numbers = np.append(np.geomspace(1e-30, 1e30, 1000 * LANES - 2), [np.inf, np.nan]).astype(np.float32)
    result = np.empty_like(numbers)
    _reciprocals(numbers, result)
    assert result == pytest.approx(1 / numbers.astype(np.float64), rel=2.5e-7, nan_ok=True)
