"""What of vectors in compiled code the tests of the whole engine do not see."""

import os
import re
import subprocess
import sys

import numpy as np
import pytest
from numba import njit

from dying_relu.engines.kernels.simd import LANES, exp, load, reciprocal, store
from helpers import ROOT


def by_vectors(function, numbers: np.ndarray) -> np.ndarray:
    @njit
    def apply(numbers, result):
        for begin in range(0, numbers.shape[0], LANES):
            store(result, (begin,), function(load(numbers, (begin,))))

    result = np.empty_like(numbers)
    apply(numbers, result)
    return result


def test_reciprocal_is_close_to_rounding_zero_of_infinity_and_nan_of_nan():
    numbers = np.append(np.geomspace(1e-30, 1e30, 1000 * LANES - 2), [np.inf, np.nan]).astype(np.float32)
    assert by_vectors(reciprocal, numbers) == pytest.approx(1 / numbers.astype(np.float64), rel=2.5e-7, nan_ok=True)


def test_exp_is_close_to_rounding_and_nan_of_nan():
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
