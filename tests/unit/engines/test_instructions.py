"""The fast engine with fewer instructions than this processor has: the tests with `any_instructions` in their names."""

import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from helpers import ROOT

INSTRUCTIONS = {
    "AVX2": ("haswell", "+avx,+avx2,+bmi,+bmi2,+f16c,+fma,+popcnt"),
    "none": ("generic", ""),  # but those that every processor of the kind has
}


@pytest.mark.slow
@pytest.mark.parametrize("name", INSTRUCTIONS)
def test_the_fast_engine_is_right_with_fewer_instructions(mnist, name):
    if name == "AVX2" and platform.machine() not in ("x86_64", "AMD64"):
        pytest.skip("another kind of processor")
    processor, features = INSTRUCTIONS[name]
    files = [Path(__file__).with_name(f"test_{of}.py") for of in ("simd", "engines")]
    command = [sys.executable, "-m", "pytest", *files, "-q", "-k", "any_instructions", "-p", "no:cacheprovider"]
    changes = {"NUMBA_CPU_NAME": processor, "NUMBA_CPU_FEATURES": features, "DYING_RELU_MNIST": str(mnist)}
    done = subprocess.run(command, cwd=ROOT, env=os.environ | changes, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
