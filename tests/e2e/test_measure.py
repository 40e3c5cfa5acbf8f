"""The measurements for the documents: that peers do the work that they are timed for, and that tables come out."""

import json
import os
import subprocess
import sys

import pandas as pd
import pytest

from helpers import ROOT
from measure import benchmark, growth, planning

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    "command",
    [
        *("pytorch_eager", "pytorch_tutorial", "pytorch_compile", "jax_scan"),
        *("dying_relu_engine numba", "dying_relu_engine torch"),
        "dying_relu_engine --hidden 64 64 --standardized numba",
        "pytorch_compile --hidden 64 64 --standardized",
        "pytorch_eager --hidden 64 64 --standardized",
    ],
)
def test_one_epoch_is_enough_to_learn(mnist, command):
    script, *arguments = command.split()
    python = sys.executable
    if script == "jax_scan":
        python = ROOT / benchmark.JAX_PYTHON
        if not python.exists():
            pytest.skip("JAX is not here; `make benchmark` installs it, and checks that it learns")
    done = subprocess.run(
        [python, benchmark.PEERS / f"{script}.py", mnist, "100", "0", *arguments],
        env=os.environ | {"PYTHONPATH": str(ROOT / "workflow"), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout.splitlines()[-1])["accuracy"] > benchmark.LEARNT


def test_summary():
    epochs = pd.DataFrame(
        [("dying-relu", 10, 1.0), ("dying-relu", 10, 2.0), ("dying-relu", 10, 4.0), ("jax-scan", 10, 5.0)],
        columns=["implementation", "batch_size", "seconds"],
    )
    columns = ["implementation", "batch_size", "epoch_seconds", "lowest", "highest", "epochs", "ratio"]
    table = benchmark.summarize(epochs)
    assert list(table.columns) == columns
    assert table.to_numpy().tolist() == [["dying-relu", 10, 2, 1, 4, 3, 1], ["jax-scan", 10, 5, 5, 5, 1, 2.5]]


def test_growth(mnist, tmp_path):
    chosen = [
        ("width", 4, "numba", {"hidden": [4], "train_images": 300}),
        ("width", 8, "torch", {"hidden": [8], "train_images": 300}),
        ("depth", 2, "numba", {"hidden": [4, 4], "train_images": 300}),
    ]
    growth.run(mnist, tmp_path, 1, chosen)
    table = pd.read_csv(tmp_path / "growth.csv")
    assert table[["axis", "value", "engine"]].to_numpy().tolist() == [list(point[:3]) for point in chosen]
    assert (table["epoch_seconds"] > 0).all()
    assert table["peak_mb"].between(100, 2000).all()
    assert (tmp_path / "growth.png").stat().st_size > 10_000


def test_planning(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    planning.run(tmp_path / "planning", seeds=1)
    said = capsys.readouterr().out
    assert said.startswith("200 runs\n")
    assert "nothing there" in said
    assert "all runs there" in said
    assert not list(tmp_path.iterdir())
