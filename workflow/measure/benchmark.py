"""Time an epoch of all implementations, in all tasks, side by side: benchmark.csv and benchmark.png.

Each measurement is a process of its own on one and the same core. The processes take turns, round by round, so that
whatever slows the machine down for a while slows all of them.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterable
from itertools import product
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
from dying_relu.provenance.provenance import environment, find_commit

WORKFLOW = Path(__file__).parents[1]
JAX_PYTHON = ".venv-benchmark/bin/python"  # an environment of its own, from envs/benchmark.txt
LEARNT = 0.94  # test accuracy after an epoch of mini-batches of 100; below, an implementation does not do the work
ENGINES, COMPILED = ["dying-relu", "dying-relu-torch"], ["pytorch-compile", "jax-scan"]
ALL = [*ENGINES, "pytorch-tutorial", "pytorch-eager", *COMPILED, "dense-floor", "roofline"]
SGD = {"optimizer": "sgd", "learning_rate": 0.1}
# Task: the pipeline's parameters that are not the default, mini-batch sizes, implementations.
TASKS = {
    "adam": ({}, [10, 50, 100, 200, 500], ALL),
    "sgd": (SGD, [10, 100], ENGINES + COMPILED),
    "momentum": (SGD | {"momentum": 0.9}, [10, 100], ENGINES + COMPILED),
    "elu": ({"activation": "elu"}, [10, 100], ENGINES),
    "gelu": ({"activation": "gelu"}, [10, 100], ENGINES),
    "deep": ({"hidden": 4 * [256]}, [10, 100], [*ENGINES, "pytorch-compile"]),
    "dense": ({"input_scaling": "standardized"}, [10, 100], [*ENGINES, "pytorch-compile"]),
    "short-job": ({}, [100], [*ENGINES, "pytorch-eager"]),
}
QUICK = ["adam", "sgd", "short-job"]
JOB_EPOCHS = 5
# What an earlier commit's benchmark can do, as its options.
FORMER = {"adam": [], "deep": ["--hidden", *4 * ["256"]], "dense": ["--standardized"]}


def run(raw: Path, results: Path, tasks: Iterable[str], rounds: int, quick: bool, other: Path | None = None) -> None:
    """Measure `tasks` and write everything; the fast engine of the checkout `other` takes its turns, too.

    `quick` counts one epoch of the engines, JAX and roofline, at mini-batch 100 only. Exits with a message when an
    implementation learns too little.
    """
    here = environment()
    machine = f"one core of {here['processor'] or here['architecture']}, {here['system']}"
    theirs = [f"dying-relu@{(find_commit(other)['commit'] or other.name)[:7]}"] if other else []
    chosen = {*theirs, *(("roofline", "jax-scan", *ENGINES) if quick else ALL)}
    if not Path(JAX_PYTHON).exists():
        chosen.remove("jax-scan")
        print("without jax-scan: JAX is not there. `make benchmark` installs it, but not with --quick.")
    rows = []
    for turn, task in product(range(1, rounds + 1), tasks):
        for batch_size, name in product([100] if quick else TASKS[task][1], [*theirs, *TASKS[task][2]]):
            if name not in chosen or not (found := time_epochs(task, name, raw, batch_size, 1 if quick else 2, other)):
                continue
            if batch_size == 100 and found.get("accuracy", 1) < LEARNT:
                sys.exit(f"error: {name} learns too little: {task}, test accuracy {found['accuracy']}, not {LEARNT}")
            found |= {"task": task, "implementation": name, "batch_size": batch_size}
            rows += [found | {"seconds": seconds} for seconds in found["seconds"]]
            print(f"{turn}: {task}, mini-batch {batch_size}, {name}: {min(found['seconds']):.3f} s", flush=True)
    table = summarize(pd.DataFrame(rows))
    with atomic_write(results / "benchmark.csv") as path:
        table.to_csv(path, index=False, float_format="%.4g")
    with atomic_write(results / "benchmark.png") as path:
        save(draw(table, machine), path)
    print(machine, table.to_string(index=False, float_format="{:.3f}".format, na_rep=""), sep="\n")


def results_and_mnist() -> tuple[Path, Path]:
    """The results folder of config.yaml, and the folder of MNIST in it, fetched where it is not there."""
    settings = load_config(yaml.safe_load(Path("config.yaml").read_text())).settings
    results = Path(settings["results"])
    raw = results / "data" / "MNIST" / "raw"
    fetch(raw, settings["data"]["dir"], settings["data"]["timeout"])
    return results, raw


def time_epochs(
    task: str, name: str, raw: Path, batch_size: int, epochs: int, other: Path | None = None
) -> dict[str, Any] | None:
    """What the implementation `name` reports of so many counted epochs, on one core with one thread.

    None if the benchmark of the commit in `other` cannot do the task. Of a short job, `seconds` is an epoch's share of
    the whole process; a shorter process before has compiled.
    """
    name, _, commit = name.partition("@")
    workflow, job = other / "workflow" if commit else WORKFLOW, task == "short-job"
    script = {"jax-scan": "jax_scan", "roofline": "roofline"}.get(name, "pytorch")
    if name in ENGINES:
        script = "dying_relu_job" if job else "dying_relu_engine"
    peers = workflow / "measure" / "peers"
    start, end = [peers / f"{script}.py", name], [json.dumps(TASKS[task][0])]
    if not (peers / "dying_relu_job.py").exists():
        if task not in FORMER:
            return None
        end = FORMER[task]
    if not peers.exists():
        start, end = [workflow / "benchmark" / "dying_relu_engine.py"], [*end, "numba"]
    core = min(os.sched_getaffinity(0))
    for counted in (0, JOB_EPOCHS - 1) if job else (epochs,):
        python = JAX_PYTHON if name == "jax-scan" else sys.executable
        done = subprocess.run(
            [python, *start, raw, str(batch_size), str(counted), *end],
            env=os.environ | {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "PYTHONPATH": str(workflow)},
            preexec_fn=lambda: os.sched_setaffinity(0, {core}),
            stdout=subprocess.PIPE,
            check=True,
        )
    found = json.loads(done.stdout.splitlines()[-1])
    return found | ({"seconds": [found["process_seconds"] / JOB_EPOCHS]} if job else {})


def summarize(epochs: pd.DataFrame) -> pd.DataFrame:
    """Median, lowest and highest seconds of an epoch, and the median relative to dying-relu's.

    Also the median of each `process_seconds`, `process_mb`, `gflops` and `gb_per_second` that was reported.
    """
    groups = epochs.groupby(["task", "implementation", "batch_size"], sort=False)
    table = groups["seconds"].agg(epoch_seconds="median", lowest="min", highest="max", epochs="count")
    ours = table["epoch_seconds"].xs("dying-relu", level="implementation")
    table["ratio"] = table["epoch_seconds"] / ours.reindex(table.index.droplevel("implementation")).to_numpy()
    reported = epochs.columns.intersection(["process_seconds", "process_mb", "gflops", "gb_per_second"])
    return table.join(groups[list(reported)].median()).reset_index()


def draw(table: pd.DataFrame, title: str) -> Figure:
    """Seconds per epoch against batch size, a panel per task and a curve per implementation, on logarithmic axes."""
    grid = sns.relplot(
        table,
        **{"x": "batch_size", "y": "epoch_seconds", "hue": "implementation", "style": "implementation"},
        **{
            "col": "task",
            "col_wrap": min(4, table["task"].nunique()),
            "kind": "line",
            "markers": True,
            "palette": "colorblind",
            "height": 4,
        },
    )
    grid.set(xscale="log", yscale="log", xlabel="mini-batch", ylabel="processor seconds per epoch")
    sizes = sorted(table["batch_size"].unique())
    grid.axes[0].set_xticks(sizes, sizes, minor=False)
    grid.set_titles("{col_name}")
    grid.figure.suptitle(title)
    grid.tight_layout()
    return grid.figure


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", nargs="+", choices=TASKS)
    parser.add_argument("--rounds", type=int, default=3, help="measurements of each point")
    parser.add_argument("--quick", action="store_true", help="one round of few, in two minutes")
    parser.add_argument("--against", type=Path, help="a checkout of another commit, whose fast engine takes its turns")
    options = parser.parse_args()
    results, raw = results_and_mnist()
    tasks = options.tasks or (QUICK if options.quick else TASKS)
    run(raw, results, tasks, 1 if options.quick else options.rounds, options.quick, options.against)
