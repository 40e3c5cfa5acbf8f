"""The peers of the benchmark learn what they are timed for."""

import json
import os
import subprocess
import sys

import growth
import pandas as pd
import pytest
from compare import summarize

from helpers import ROOT

pytestmark = pytest.mark.slow
FOLDER = ROOT / "workflow" / "benchmark"


@pytest.mark.parametrize(
    "command",
    [
        *("pytorch_eager", "pytorch_tutorial", "pytorch_compile", "jax_scan"),
        *("dying_relu_engine numba", "dying_relu_engine torch"),
        *(
            f"{script} --hidden 64 64 --standardized {engine}"
            for script, engine in [("dying_relu_engine", "numba"), ("pytorch_compile", ""), ("pytorch_eager", "")]
        ),
    ],
)
def test_one_epoch_is_enough_to_learn(mnist, command):
    script, *arguments = command.split()
    python = sys.executable
    if script == "jax_scan":
        python = ROOT / ".venv-benchmark" / "bin" / "python"
        if not python.exists():
            pytest.skip("JAX is not here; `make benchmark` installs it, and checks that it learns")
    done = subprocess.run(
        [python, FOLDER / f"{script}.py", mnist, "100", "0", *arguments],
        env=os.environ | {"PYTHONPATH": str(ROOT / "workflow"), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout.splitlines()[-1])["accuracy"] > 0.95


def test_summary():
    epochs = pd.DataFrame(
        [("dying-relu", 10, 1.0), ("dying-relu", 10, 2.0), ("dying-relu", 10, 4.0), ("jax-scan", 10, 5.0)],
        columns=["implementation", "batch_size", "seconds"],
    )
    assert summarize(epochs).to_dict("records") == [
        {
            "implementation": "dying-relu", "batch_size": 10, "epoch_seconds": 2.0,
            "lowest": 1.0, "highest": 4.0, "epochs": 3, "ratio": 1.0,
        },
        {
            "implementation": "jax-scan", "batch_size": 10, "epoch_seconds": 5.0,
            "lowest": 5.0, "highest": 5.0, "epochs": 1, "ratio": 2.5,
        },
    ]  # fmt: skip


def test_growth(mnist, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "workflow"))
    chosen = [
        growth.Point("width", 4, parameters={"hidden": [4], "train_images": 300}),
        growth.Point("width", 8, parameters={"hidden": [8], "train_images": 300}),
        growth.Point("depth", 2, parameters={"hidden": [4, 4], "train_images": 300}),
        growth.Point("seeds", 2, parameters={"hidden": [4], "train_images": 300}, seeds=2),
    ]
    growth.main(["--raw", str(mnist), "--results", str(tmp_path), "--rounds", "1", "--epochs", "1"], chosen)
    table = pd.read_csv(tmp_path / "growth.csv")
    assert table[["axis", "value", "engine"]].to_numpy().tolist() == [
        ["width", 4, "numba"],
        ["width", 8, "numba"],
        ["depth", 2, "numba"],
        ["seeds", 2, "numba"],
    ]
    assert (table["epoch_seconds"] > 0).all()
    assert table["peak_mb"].between(100, 2000).all()
    assert (tmp_path / "growth.png").stat().st_size > 10_000
