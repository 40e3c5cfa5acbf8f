"""How far trainings come apart: the table, with known answers, and that the switches reach the compiled code."""

import os
import subprocess
import sys

import instruction_sets
import pandas as pd

from helpers import ROOT


def row(instructions: str, seed: int, accuracy: float) -> dict:
    measures = {"first_loss": 2.0, "train_loss_epoch_1": 1.0, "dead_units": seed}
    return {
        "engine": "fast",
        "batch_norm": True,
        "instructions": instructions,
        "seed": seed,
        "test_accuracy": accuracy,
        **measures,
    }


def test_differences_between_instruction_sets_and_between_seeds():
    rows = [row("AVX2", 1, 0.5), row("AVX-512", 1, 0.625), row("AVX2", 4, 0.75), row("AVX-512", 4, 0.375)]
    table = instruction_sets.apart(pd.DataFrame(rows)).set_index(["between", "difference"])
    assert table["test_accuracy"].to_dict() == {
        ("instructions", "mean"): (0.125 + 0.375) / 2,
        ("instructions", "max"): 0.375,
        ("seed", "mean"): 0.25,
        ("seed", "max"): 0.25,
    }
    assert table["dead_units"].tolist() == [0, 0, 3, 3]
    assert table["first_loss"].tolist() == [0, 0, 0, 0]


def test_the_fast_engine_follows_the_switches():
    """With half as many numbers in a vector, as on a processor without AVX-512."""
    command = [sys.executable, "-c", "from dying_relu.engines.kernels.simd import LANES; print(LANES)"]
    environment = os.environ | instruction_sets.SETS["AVX2"] | {"PYTHONPATH": str(ROOT / "workflow")}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "32\n"
