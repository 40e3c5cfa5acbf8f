"""Where the time of the main job goes, by Snakemake's benchmark files and what the trainings say of themselves."""

import json
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from dying_relu.configuration.config import Config

# What a training times of itself, and how the stage is called.
TRAINING = {
    "starting": "train: start (imports, data)",
    "training": "train: training",
    "measuring": "train: measuring and writing",
}


def timings(config: Config, results: Path) -> pd.DataFrame:
    """A row per stage, in the order of the work: `stage`, `jobs`, `seconds`, `share`, `longest` and `memory`.

    `seconds` is the sum over its jobs, `share` the fraction of all stages' seconds, `longest` the longest job in
    seconds, `memory` the largest resident set in MB (NaN where it is unknown). Stages without a time are left out.
    """
    runs, experiments, comparisons = config.runs, config.experiments, config.comparisons
    stages = {
        "frames": [f"frames/{run}" for run in runs],
        "videos": [f"video/{run}" for run in runs] + [f"comparison/{name}" for name in comparisons],
        "figures": [
            *(f"{rule}/{name}" for rule in ("experiment_figures", "sweep_figure") for name in experiments),
            *(f"comparison_figures/{name}" for name in comparisons),
            *(f"accuracy/{run}" for run in runs),
        ],
        "tables and claims": ["overview", "claims", *(f"outcomes/{name}" for name in experiments)],
    }
    jobs = _benchmarks(results, "fetch", sorted({f"fetch/{run.dataset}" for run in runs.values()}))
    jobs += _trainings(results, list(runs))
    jobs += [job for stage, names in stages.items() for job in _benchmarks(results, stage, names)]
    table = (
        pd.DataFrame(jobs, columns=["stage", "seconds", "memory"])
        .groupby("stage", sort=False)
        .agg(jobs=("seconds", "size"), seconds=("seconds", "sum"), longest=("seconds", "max"), memory=("memory", "max"))
    )
    return table.assign(share=table["seconds"] / table["seconds"].sum()).reset_index()


def _benchmarks(results: Path, stage: str, jobs: Sequence[str]) -> list[tuple[str, float, float]]:
    """Stage, seconds and memory of each job, from the benchmark files that they have left."""
    files = [path for job in jobs if (path := results / "benchmarks" / f"{job}.tsv").exists()]
    tables = [pd.read_csv(path, sep="\t", na_values="-") for path in files]  # -: too short to be measured
    return [(stage, table["s"].iloc[0], table["max_rss"].iloc[0]) for table in tables]


def _trainings(results: Path, runs: Sequence[str]) -> list[tuple[str, float, float]]:
    """The same of what trainings do. The file of a run that came from Snakemake's cache is empty."""
    files = [path for run in runs if (path := results / "logs" / "train" / f"{run}.times.json").exists()]
    times = [json.loads(text) for path in files if (text := path.read_text())]
    return [(stage, time[part], time["max_rss"]) for time in times for part, stage in TRAINING.items()]
