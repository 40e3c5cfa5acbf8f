"""What Snakemake takes to plan ten thousand runs, beside a bare Snakefile with as many jobs, files and directives."""

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import yaml

from dying_relu.configuration.config import load_config
from dying_relu.data.datasets import DATASETS

GRID = {
    "batch_norm": [True, False],
    "batch_size": [10, 20, 50, 100, 200],
    "learning_rate": [round(1e-4 * 1.5**step, 6) for step in range(20)],
}
FILES = [  # of each run
    *("initial.csv", "metrics.csv", "units.csv.gz", "batches.csv.gz", "first_steps.csv", "deaths.csv"),
    *("dw.npz", "environment.json"),
]
BARE = """
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
    conda: "env.yaml"
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=lambda wildcards, attempt: 10 * attempt
    params: run=lambda wildcards: dict(run=wildcards.run)
    script: "train.py"
rule gather:
    input: expand("runs/{{run}}/{{file}}", run={runs}, file=FILES[:3])
    output: "all.txt"
    shell: "touch {{output}}"
"""


def run(folder: Path) -> None:
    """Print processor seconds and peak memory of dry runs for 50 seeds of a grid of 200 points.

    Nothing is trained: the second dry run finds empty files of all runs in `folder`.
    """
    results, bare = folder / "results", folder / "bare"
    bare.mkdir()
    figure = {"kind": "map", "x": "learning_rate", "y": "batch_size"}
    settings = {
        **{"results": str(results), "seeds": 50, "epochs": 5, "only": ["grid"]},
        **{"draw_runs": False, "keep_networks": False},
        "experiments": {"grid": {"title": "Grid", "figure": figure, "grids": [GRID]}},
    }
    (folder / "planning.yaml").write_text(yaml.safe_dump(settings))
    runs = list(load_config(settings).runs)
    (bare / "Snakefile").write_text(BARE.format(runs=runs, files=FILES))
    (bare / "train.py").touch()
    (bare / "env.yaml").write_text("dependencies: []\n")
    snakemake = [sys.executable, "-m", "snakemake", "-n", "--cores", "2", "--quiet", "all"]
    ours = [*snakemake, "--configfile", str(folder / "planning.yaml")]

    rows = [("nothing there", *_measured(ours, Path()), *_measured(snakemake, bare))]
    for home, data, names in ((results, "data/MNIST/raw", DATASETS["mnist"].digests), (bare, "data", "0123")):
        for place, files in ((data, names), *((f"runs/{name}", FILES) for name in runs)):
            (home / place).mkdir(parents=True)
            for file in files:
                (home / place / file).touch()
    fresh = ["--rerun-triggers", "mtime"]
    rows.append(("all runs there", *_measured([*ours, *fresh], Path()), *_measured([*snakemake, *fresh], bare)))
    table = pd.DataFrame(rows, columns=["dry run", "seconds", "memory_mb", "bare_seconds", "bare_memory_mb"])
    table["ratio"] = table["seconds"] / table["bare_seconds"]
    print(f"{len(runs):,} runs", table.round(2).to_string(index=False), sep="\n")


def _measured(command: list[str], folder: Path) -> tuple[float, float]:
    """Processor seconds and peak memory in MB of a command in `folder`, which must not fail."""
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise subprocess.CalledProcessError(status, command)
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


if __name__ == "__main__":
    with TemporaryDirectory() as name:
        run(Path(name))
