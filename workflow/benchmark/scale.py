"""What ten thousand runs cost beside the training: python scale.py --work FOLDER, called by `make scale`.

The tables of the runs are made up by a formula, and are thrown away afterwards; nothing is trained. Each stage is timed
beside a bare Snakefile that has as many empty jobs, with as many files, and the directives that every rule has here.
Seconds are processor time, of Snakemake and of all jobs that it starts; memory is the peak of the largest process.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from dying_relu.configuration.config import load_config
from dying_relu.io.writers import NpzWriter, write_csv
from dying_relu.provenance.provenance import environment

ROOT = Path(__file__).parents[2]
GRID = {
    "batch_norm": [True, False],
    "batch_size": [10, 20, 50, 100, 200],
    "learning_rate": [round(1e-4 * 1.5**step, 6) for step in range(20)],
}
MADE = ["initial.csv", "metrics.csv", "units.csv.gz", "batches.csv.gz", "dw.npz", "environment.json"]  # of each run
BARE = """
RUNS = [f"run-{{number:05d}}" for number in range({runs})]
FILES = {files}
rule all:
    input: "all.txt"
rule data:
    output: expand("data/{{file}}", file=range(4))
    shell: "touch {{output}}"
rule train:
    input: data=ancient(expand("data/{{file}}", file=range(4)))
    output: expand("runs/{{{{run}}}}/{{file}}", file=FILES)
    log: "logs/{{run}}.log"
    benchmark: "benchmarks/{{run}}.tsv"
    conda: "env.yaml"
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=lambda wildcards, attempt: 10 * attempt
    params: run=lambda wildcards: dict(run=wildcards.run)
    script: "train.py"
rule gather:
    input: expand("runs/{{run}}/{{file}}", run=RUNS, file=["initial.csv", "metrics.csv", "units.csv.gz"])
    output: "all.txt"
    shell: "touch {{output}}"
"""


def measured(command: list[str], folder: Path) -> tuple[float, float]:
    """Processor seconds and peak memory in MB of a command and all that it starts."""
    pid = os.fork()
    if not pid:
        os.chdir(folder)
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        if done.returncode:
            print(done.stdout[-3000:], file=sys.stderr)
        os._exit(done.returncode != 0)
    _, status, usage = os.wait4(pid, 0)
    if status:
        raise SystemExit(f"failed: {' '.join(command)}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def make_up(config, results: Path) -> None:
    """Tables for every run, and a note that says what they are."""
    (results / "runs").mkdir(parents=True)
    (results / "MADE-UP.txt").write_text("The tables of these runs are made up; nothing was trained. See scale.py.\n")
    epochs, units = config.settings["epochs"], 256
    first = results / "runs" / next(iter(config.runs))
    for number, run in enumerate(config.runs.values()):
        folder = results / "runs" / run.name
        folder.mkdir()
        accuracy = 0.9 + 0.05 * np.sin(number + np.arange(epochs))
        metrics = pd.DataFrame({"epoch": range(1, epochs + 1), "train_loss": 0.1, "train_accuracy": accuracy})
        for column in ("perfect_batches", "test_loss", "test_accuracy", "test_accuracy_batch_statistics"):
            metrics[column] = accuracy
        for column in ("dead_units", "inactive_units", "dark_units"):
            metrics[column] = number % units
        metrics.to_csv(folder / "metrics.csv", index=False)
        if number:
            for name in (name for name in MADE if name != "metrics.csv"):
                shutil.copyfile(first / name, folder / name)
            continue
        flags = {"dead": 0, "inactive": 0}
        unit = {"layer": 1, "unit": range(units), "active_fraction": 0.5}
        pd.DataFrame(unit | flags).to_csv(folder / "initial.csv", index=False)
        every = pd.DataFrame({"epoch": np.repeat(range(1, epochs + 1), units), "unit": np.tile(range(units), epochs)})
        every = every.assign(active_fraction=0.123456789, dw_min=-0.01, dw_max=0.01, background=127.0, dark=0, layer=1)
        write_csv(every.assign(**flags), folder / "units.csv.gz")
        batches = {"epoch": range(1, epochs + 1), "batch": 1, "accuracy": 1.0, "loss": 0.1}
        write_csv(pd.DataFrame(batches), folder / "batches.csv.gz")
        NpzWriter(folder / "dw.npz").close()
        (folder / "environment.json").write_text(json.dumps(environment() | {"engine": "none"}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True, help="a folder that is made, and removed at the end")
    parser.add_argument("--raw", type=Path, required=True, help="the folder MNIST/raw with the four files")
    parser.add_argument("--seeds", type=int, default=50, help="seeds of the grid of 200 points")
    arguments = parser.parse_args()
    work = arguments.work.resolve()
    work.mkdir(parents=True)
    settings = {
        "results": str(work / "results"),
        "seeds": arguments.seeds,
        "epochs": 5,
        "draw_runs": False,
        "only": ["grid"],
        "data": {"dir": str(arguments.raw.resolve())},
        "experiments": {
            "grid": {
                "title": "Made up",
                "figure": {"kind": "map", "x": "learning_rate", "y": "batch_size"},
                "grids": [GRID],
            }
        },
    }
    (work / "scale.yaml").write_text(yaml.safe_dump(settings))
    runs = 200 * arguments.seeds
    bare = work / "bare"
    bare.mkdir()
    (bare / "Snakefile").write_text(BARE.format(runs=runs, files=MADE))
    (bare / "train.py").write_text("from pathlib import Path\nfor path in snakemake.output:\n    Path(path).touch()\n")
    (bare / "env.yaml").write_text("dependencies: []\n")

    snakemake = [sys.executable, "-m", "snakemake", "--cores", "2", "--quiet", "all"]
    ours = [*snakemake, "--configfile", str(work / "scale.yaml")]
    fresh = ["--rerun-triggers", "mtime", "--"]
    rows = []

    def compare(stage: str, own: list[str], other: list[str] | None) -> None:
        seconds, memory = measured(own, ROOT)
        beside = measured(other, bare) if other else (float("nan"),) * 2
        rows.append((stage, seconds, memory, *beside, seconds / beside[0]))
        print(f"{stage}: {seconds:.1f} s, {memory:.0f} MB; bare {beside[0]:.1f} s, {beside[1]:.0f} MB", flush=True)

    compare("dry run, nothing there", [*ours, "-n"], [*snakemake, "-n"])
    results = work / "results"
    measured([*ours, "--", f"{results}/data/MNIST/raw/train-images-idx3-ubyte"], ROOT)
    make_up(load_config(settings), results)
    (bare / "data").mkdir()
    for number in range(4):
        (bare / "data" / str(number)).touch()
    # Of the same content, since Snakemake reads small files to remember their digests.
    for number, run in enumerate((results / "runs").iterdir()):
        shutil.copytree(run, bare / "runs" / f"run-{number:05d}")
    for stage, target in (
        ("runs.csv", "runs.csv"),
        ("final.csv", "final.csv"),
        ("outcomes", "outcomes/grid.csv"),
        ("figure", "figures/grid.png"),
        ("claims", "claims.csv"),
        ("page", "report"),
    ):
        (bare / "all.txt").unlink(missing_ok=True)
        compare(stage, [*ours, *fresh, f"{results}/{target}"], [*snakemake, *fresh, "all.txt"])
    compare("dry run, all there", [*ours, "-n", *fresh, f"{results}/report"], [*snakemake, "-n", *fresh, "all.txt"])
    columns = ["stage", "seconds", "memory", "bare_seconds", "bare_memory", "ratio"]
    table = pd.DataFrame(rows, columns=columns)
    print(table.round(2).to_string(index=False))
    size = len(list((results / "report").rglob("*")))
    print(f"{runs:,} runs; {size} files in the report; peak {table['memory'].max():.0f} MB")
    shutil.rmtree(work)


if __name__ == "__main__":
    main()
