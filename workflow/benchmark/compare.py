"""Time all implementations side by side, and write a table and a figure, benchmark.csv and benchmark.png.

Every measurement is a process of its own, pinned to one and the same core. The processes take turns, round by round,
so that whatever slows the machine down for a while slows all of them.
"""

import argparse
import os
import sys
from pathlib import Path

import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure
from pinned import BenchmarkError, run_pinned

from dying_relu.figures.style import save
from dying_relu.io.atomic import atomic_write
from dying_relu.provenance.provenance import environment

HERE = Path(__file__).parent
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
# Those that take other hidden layers than one of 256, and inputs that are standardised.
ANY_NETWORK = ("dying-relu", "dying-relu-torch", "pytorch-eager", "pytorch-compile")
# After one epoch of mini-batches of 100; who falls short is not doing the same work.
LEARNT = 0.95


def time_one(name: str, batch_size: int, network: list[str], raw: Path, core: int, jax_python: str) -> dict:
    """Seconds of each counted epoch, and test accuracy after the first one; `network`: the harness's options."""
    script, arguments, epochs = IMPLEMENTATIONS[name]
    python = jax_python if name == "jax-scan" else sys.executable
    command = [python, str(HERE / f"{script}.py"), str(raw), str(batch_size), str(epochs), *network, *arguments]
    found = run_pinned(command, core)
    if batch_size == 100 and found["accuracy"] is not None and found["accuracy"] < LEARNT:
        raise BenchmarkError(f"{name} has learnt too little: test accuracy {found['accuracy']}, not {LEARNT}")
    return found


def summarize(epochs: pd.DataFrame) -> pd.DataFrame:
    """Median, lowest and highest seconds of an epoch, and the median relative to dying-relu's."""
    table = (
        epochs.groupby(["implementation", "batch_size"], sort=False)["seconds"]
        .agg(epoch_seconds="median", lowest="min", highest="max", epochs="count")
        .reset_index()
    )
    ours = table[table["implementation"] == "dying-relu"].set_index("batch_size")["epoch_seconds"]
    return table.assign(ratio=table["epoch_seconds"] / table["batch_size"].map(ours))


def draw(table: pd.DataFrame, machine: str) -> Figure:
    """Seconds per epoch against batch size, a curve per implementation, on logarithmic axes."""
    figure = Figure(figsize=(9, 6), layout="constrained")
    axes = figure.subplots()
    names = list(table["implementation"].unique())
    sns.lineplot(
        table, x="batch_size", y="epoch_seconds", hue="implementation", style="implementation",
        hue_order=names, style_order=names, palette="colorblind", markers=True, ax=axes,
    )  # fmt: skip
    axes.set(xscale="log", yscale="log", xlabel="mini-batch", ylabel="processor seconds per epoch of 60,000 images")
    axes.set_xticks(BATCH_SIZES, BATCH_SIZES, minor=False)
    axes.set_title(machine, fontsize="small")
    return figure


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--raw", type=Path, required=True, help="the folder MNIST/raw")
    parser.add_argument("--results", type=Path, required=True, help="where the table and the figure go")
    parser.add_argument("--name", default="benchmark", help="what they are called")
    parser.add_argument("--jax-python", default=sys.executable, help="the interpreter of an environment with JAX")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="+", choices=IMPLEMENTATIONS, default=list(IMPLEMENTATIONS))
    parser.add_argument("--network", default="", help="options of harness.py, such as '--hidden 64 64'")
    arguments = parser.parse_args()
    network = arguments.network.split()
    if network and not set(arguments.only) <= set(ANY_NETWORK):
        parser.error(f"with --network say --only, with any of {', '.join(ANY_NETWORK)}")
    core = min(os.sched_getaffinity(0))
    rows = []
    for turn in range(1, arguments.rounds + 1):
        for batch_size in BATCH_SIZES:
            for name in arguments.only:
                found = time_one(name, batch_size, network, arguments.raw, core, arguments.jax_python)
                rows += [
                    {"implementation": name, "batch_size": batch_size, "seconds": seconds}
                    for seconds in found["seconds"]
                ]
                print(f"round {turn}: {name}, mini-batch {batch_size}: {min(found['seconds']):.3f} s", flush=True)
    table = summarize(pd.DataFrame(rows))
    here = environment()
    machine = f"one core of {here['processor'] or here['architecture']}, {here['system']}"
    with atomic_write(arguments.results / f"{arguments.name}.csv") as path:
        table.to_csv(path, index=False, float_format="%.4g")
    with atomic_write(arguments.results / f"{arguments.name}.png") as path:
        save(draw(table, f"{arguments.network} {machine}".strip()), path)
    print(machine)
    square = table.pivot_table(["epoch_seconds", "ratio"], "implementation", "batch_size", sort=False)
    print(f"{square['epoch_seconds'].round(3).to_string()}\nas multiples of dying-relu:")
    print(square["ratio"].round(2).to_string())


if __name__ == "__main__":
    try:
        main()
    except BenchmarkError as error:
        sys.exit(f"error: {error}")
