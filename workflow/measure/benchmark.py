"""Time an epoch of all implementations side by side: benchmark.csv and benchmark.png.

Each measurement is a process of its own on one and the same core. The processes take turns, round by round, so that
whatever slows the machine down for a while slows all of them.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import seaborn as sns
import yaml
from matplotlib.figure import Figure

from dying_relu.configuration.config import load_config
from dying_relu.data.download import fetch
from dying_relu.figures.style import save
from dying_relu.io.atomic import atomic_write
from dying_relu.provenance.provenance import environment

WORKFLOW = Path(__file__).parents[1]
JAX_PYTHON = ".venv-benchmark/bin/python"  # an environment of its own, from envs/benchmark.txt
BATCH_SIZES = [10, 50, 100, 200, 500]
# Implementation: its script among the peers, and how many epochs are counted in a process.
IMPLEMENTATIONS = {
    "dying-relu": ("dying_relu_engine", 3),
    "dying-relu-torch": ("dying_relu_engine", 2),
    "pytorch-tutorial": ("pytorch", 1),
    "pytorch-eager": ("pytorch", 2),
    "pytorch-compile": ("pytorch", 3),
    "jax-scan": ("jax_scan", 3),
    "dense-floor": ("pytorch", 3),
}
# Where the engine can leave nothing out: options of the harness, by the name of the table.
DENSE = {
    "benchmark-standardized": ["--standardized"],
    "benchmark-2-layers": ["--hidden", "256", "256"],
    "benchmark-4-layers": ["--hidden", "256", "256", "256", "256"],
    "benchmark-4-layers-standardized": ["--hidden", "256", "256", "256", "256", "--standardized"],
}
DENSE_IMPLEMENTATIONS = ["dying-relu", "dying-relu-torch", "pytorch-compile"]
LEARNT = 0.95  # test accuracy after an epoch of mini-batches of 100; below, an implementation does not do the work


def run(raw: Path, results: Path, rounds: int, dense: bool) -> None:
    """Measure and write everything; `dense` measures fewer implementations on the networks of DENSE.

    Exits with a message when an implementation learns too little.
    """
    here = environment()
    machine = f"one core of {here['processor'] or here['architecture']}, {here['system']}"
    for name, network in DENSE.items() if dense else {"benchmark": []}.items():
        rows = []
        for turn in range(1, rounds + 1):
            for batch_size in BATCH_SIZES:
                for implementation in DENSE_IMPLEMENTATIONS if dense else IMPLEMENTATIONS:
                    found = time_epochs(implementation, raw, batch_size, IMPLEMENTATIONS[implementation][1], network)
                    seconds, accuracy = found["seconds"], found["accuracy"]
                    if batch_size == 100 and accuracy is not None and accuracy < LEARNT:
                        sys.exit(f"error: {implementation} learns too little: test accuracy {accuracy}, not {LEARNT}")
                    rows += [(implementation, batch_size, second) for second in seconds]
                    print(f"{turn}: {implementation}, mini-batch {batch_size}: {min(seconds):.3f} s", flush=True)
        table = summarize(pd.DataFrame(rows, columns=["implementation", "batch_size", "seconds"]))
        with atomic_write(results / f"{name}.csv") as path:
            table.to_csv(path, index=False, float_format="%.4g")
        with atomic_write(results / f"{name}.png") as path:
            save(draw(table, " ".join([*network, machine])), path)
        print(machine, table.to_string(index=False, float_format="{:.3f}".format), sep="\n")


def time_epochs(
    implementation: str, raw: Path, batch_size: int, epochs: int, network: Sequence[str] = ()
) -> dict[str, Any]:
    """Processor seconds of each counted epoch, and the test accuracy after the first, on one core with one thread."""
    core = min(os.sched_getaffinity(0))
    python = JAX_PYTHON if implementation == "jax-scan" else sys.executable
    script = WORKFLOW / "measure" / "peers" / f"{IMPLEMENTATIONS[implementation][0]}.py"
    done = subprocess.run(
        [python, script, implementation, raw, str(batch_size), str(epochs), *network],
        env=os.environ | {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "PYTHONPATH": str(WORKFLOW)},
        preexec_fn=lambda: os.sched_setaffinity(0, {core}),
        stdout=subprocess.PIPE,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


def summarize(epochs: pd.DataFrame) -> pd.DataFrame:
    """Median, lowest and highest seconds of an epoch, and the median relative to dying-relu's."""
    table = (
        epochs.groupby(["implementation", "batch_size"], sort=False)["seconds"]
        .agg(epoch_seconds="median", lowest="min", highest="max", epochs="count")
        .reset_index()
    )
    ours = table[table["implementation"] == "dying-relu"].set_index("batch_size")["epoch_seconds"]
    return table.assign(ratio=table["epoch_seconds"] / table["batch_size"].map(ours))


def draw(table: pd.DataFrame, title: str) -> Figure:
    """Seconds per epoch against batch size, a curve per implementation, on logarithmic axes."""
    grid = sns.relplot(
        table,
        **{"x": "batch_size", "y": "epoch_seconds", "hue": "implementation", "style": "implementation"},
        **{"kind": "line", "markers": True, "palette": "colorblind", "height": 6, "aspect": 1.5},
    )
    grid.set(xscale="log", yscale="log", xlabel="mini-batch", ylabel="processor seconds per epoch of 60,000 images")
    grid.ax.set_xticks(BATCH_SIZES, BATCH_SIZES, minor=False)
    grid.ax.set_title(title, fontsize="small")
    return grid.figure


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="measurements of each point")
    parser.add_argument("--dense", action="store_true", help="where no input is zero, and deeper networks")
    options = parser.parse_args()
    settings = load_config(yaml.safe_load(Path("config.yaml").read_text())).settings
    results = Path(settings["results"])
    raw = results / "data" / "MNIST" / "raw"
    fetch(raw, settings["data"]["dir"], settings["data"]["timeout"])
    run(raw, results, options.rounds, options.dense)
