"""What of vectors in compiled code the tests of the whole engine do not see."""

import os
import re
import subprocess
import sys

import numpy as np
import pytest
from numba import njit

from dying_relu.engines.kernels.simd import LANES, load, store
from dying_relu.engines.kernels.simd_math import exp, fast_sqrt, reciprocal, sqrt
from helpers import ROOT


def by_vectors(function, numbers: np.ndarray) -> np.ndarray:
    @njit
    def apply(numbers, result):
        for begin in range(0, numbers.shape[0], LANES):
            store(result, (begin,), function(load(numbers, (begin,))))

    result = np.empty_like(numbers)
    apply(numbers, result)
    return result


def whole_range(smallest: float, largest: float) -> np.ndarray:
    """Numbers of all sizes, and between 1 and 4 every 13th float: an approximation is the same for each power of 4."""
    dense = np.arange(1, 4, 13 * 2**-23)
    numbers = np.append(np.geomspace(smallest, largest, 1000 * LANES), dense).astype(np.float32)
    return numbers[: len(numbers) // LANES * LANES]


def padded(*numbers: float) -> np.ndarray:
    return np.pad(np.array(numbers, np.float32), (0, LANES - len(numbers)))


# These and others with `any_instructions` in their names also run in `test_instructions.py`.
def test_reciprocal_is_close_to_rounding_with_any_instructions():
    numbers = whole_range(1e-30, 1e30)
    assert np.abs(by_vectors(reciprocal, numbers) * numbers.astype(np.float64) - 1).max() < 2.5e-7
    infinite, nan, *powers = by_vectors(reciprocal, padded(np.inf, np.nan, 0.25, 1, 2, -4))[:6]
    assert not infinite > 0
    assert np.isnan(nan)
    assert powers == pytest.approx([4, 1, 0.5, -0.25], rel=2.5e-7)


@pytest.mark.parametrize(("root", "error"), [(fast_sqrt, 2.5e-7), (sqrt, 6e-8)])
def test_square_roots_are_close_to_rounding_with_any_instructions(root, error):
    numbers = whole_range(1.2e-38, 3e38)
    assert np.abs(by_vectors(root, numbers) / np.sqrt(numbers.astype(np.float64)) - 1).max() < error
    zero, infinite, nan, *squares = by_vectors(root, padded(0, np.inf, np.nan, 0.25, 1, 9))[:6]
    assert zero == 0
    assert not np.isfinite(infinite)
    assert np.isnan(nan)
    assert squares == pytest.approx([0.5, 1, 3], rel=error)


def test_exp_is_close_to_rounding_and_nan_of_nan_with_any_instructions():
    numbers = np.append(np.linspace(-87, 88, 1000 * LANES - 3), [-np.inf, np.inf, np.nan]).astype(np.float32)
    result = by_vectors(exp, numbers)
    assert result[:-3] == pytest.approx(np.exp(numbers[:-3].astype(np.float64)), rel=2e-7)
    assert result[-3] < 2e-38
    assert result[-2] > 1e38
    assert np.isnan(result[-1])


def test_the_fast_engine_follows_the_switches_of_its_libraries():
    """By docs/reproducibility.md, with half as many numbers in a vector, as on a processor without AVX-512."""
    text = (ROOT / "docs" / "reproducibility.md").read_text()
    switches = dict(re.findall(r"^    export (\w+)='?(.*?)'?$", text, re.MULTILINE))
    assert len(switches) == 6
    command = [sys.executable, "-c", "from dying_relu.engines.kernels.simd import LANES; print(LANES)"]
    environment = os.environ | switches | {"PYTHONPATH": str(ROOT / "workflow")}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "32\n"
