"""Time an epoch of all implementations side by side: benchmark.csv and benchmark.png.

Each measurement is a process of its own on one and the same core. The processes take turns, round by round, so that
whatever slows the machine down for a while slows all of them.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from measure.pinned import MeasurementError, machine, run_pinned, write

PEERS = Path(__file__).parent / "peers"
JAX_PYTHON = ".venv-benchmark/bin/python"  # an environment of its own, from envs/benchmark.txt
BATCH_SIZES = [10, 50, 100, 200, 500]
# Implementation: its script, further arguments, and how many epochs are counted in a process.
IMPLEMENTATIONS = {
    "dying-relu": ("dying_relu_engine", ["numba"], 3),
    "dying-relu-torch": ("dying_relu_engine", ["torch"], 2),
    "pytorch-tutorial": ("pytorch_tutorial", [], 1),
    "pytorch-eager": ("pytorch_eager", [], 2),
    "pytorch-compile": ("pytorch_compile", [], 3),
    "jax-scan": ("jax_scan", [], 3),
    "dense-floor": ("dense_floor", [], 3),
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

    Raises MeasurementError when an implementation fails or learns too little.
    """
    for name, network in DENSE.items() if dense else {"benchmark": []}.items():
        rows = []
        for turn in range(1, rounds + 1):
            for batch_size in BATCH_SIZES:
                for implementation in DENSE_IMPLEMENTATIONS if dense else IMPLEMENTATIONS:
                    seconds = time_epochs(implementation, batch_size, network, raw)
                    rows += [(implementation, batch_size, second) for second in seconds]
                    print(f"{turn}: {implementation}, mini-batch {batch_size}: {min(seconds):.3f} s", flush=True)
        table = summarize(pd.DataFrame(rows, columns=["implementation", "batch_size", "seconds"]))
        write(results, name, table, draw(table, " ".join([*network, machine()])))


def time_epochs(implementation: str, batch_size: int, network: Sequence[str], raw: Path) -> list[float]:
    """Processor seconds of each counted epoch."""
    script, arguments, epochs = IMPLEMENTATIONS[implementation]
    python = JAX_PYTHON if implementation == "jax-scan" else sys.executable
    command = [python, str(PEERS / f"{script}.py"), str(raw), str(batch_size), str(epochs), *network, *arguments]
    found = run_pinned(command)
    if batch_size == 100 and found["accuracy"] is not None and found["accuracy"] < LEARNT:
        raise MeasurementError(f"{implementation} learns too little: test accuracy {found['accuracy']}, not {LEARNT}")
    return found["seconds"]


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
