"""Where the time of the main job goes, by what Snakemake's benchmark files and the trainings say."""

import json
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from dying_relu.configuration.config import Config


def timings(config: Config, results: Path) -> pd.DataFrame:
    """A row per stage, in the order of the work: `stage`, `jobs`, `seconds`, `share`, `longest` and `memory`.

    `seconds` is the sum over its jobs, `share` a fraction of the whole sum, `longest` the longest job in
    seconds, `memory` the largest resident set in MB (NaN where it is not known by stage). Stages of which no
    benchmark file is left are not in it.
    """
    rows = [row for stage, names in _jobs(config) if (row := _row(stage, names, results / "benchmarks"))]
    table = pd.DataFrame([part for row in rows for part in _split(row, config, results)])
    if len(table):
        table["share"] = table["seconds"] / table["seconds"].sum()
    return table


def _jobs(config: Config) -> Iterator[tuple[str, list[str]]]:
    """The stages, and the benchmark files of their jobs."""
    figures = [f"{rule}/{name}" for rule in ("summary", "experiment_figures") for name in config.experiments]
    figures += [f"comparison_figures/{name}" for name in config.comparisons]
    figures += [f"accuracy/{run}" for run in config.runs]
    yield "fetch", ["fetch"]
    yield "train", [f"train/{run}" for run in config.runs]
    yield "frames", [f"{kind}/{run}" for kind in ("frames", "strips") for run in config.runs]
    yield "videos", [f"video/{run}" for run in config.runs] + [f"comparison/{name}" for name in config.comparisons]
    yield "figures", figures
    yield "tables and claims", ["runs", "final", "claims"] + [f"outcomes/{name}" for name in config.experiments]


def _row(stage: str, names: list[str], folder: Path) -> dict | None:
    files = [path for name in names if (path := folder / f"{name}.tsv").exists()]
    if not files:
        return None
    measured = pd.concat([pd.read_csv(path, sep="\t") for path in files])
    seconds = measured["s"]
    longest, memory = seconds.max(), pd.to_numeric(measured["max_rss"], errors="coerce").max()
    return {"stage": stage, "jobs": len(files), "seconds": seconds.sum(), "longest": longest, "memory": memory}


def _split(row: dict, config: Config, results: Path) -> list[dict]:
    """The row of training in three: what the trainings themselves have timed, and the rest, which is the start."""
    if row["stage"] != "train":
        return [row]
    timed = [run for run in config.runs if (results / "benchmarks" / "train" / f"{run}.tsv").exists()]
    times = [results / "logs" / "train" / f"{run}.times.json" for run in timed]
    # Where a run came from Snakemake's cache the file is empty.
    times = [text for path in times if path.exists() and (text := path.read_text())]
    if len(times) < row["jobs"]:
        return [row]
    spent = pd.DataFrame(map(json.loads, times))
    parts = {"train: training": spent["training"], "train: measuring and writing": spent["measuring"]}
    start = {"stage": "train: start (imports, data)", "seconds": row["seconds"] - spent.to_numpy().sum()}
    split = [{"stage": name, "seconds": part.sum(), "longest": part.max()} for name, part in parts.items()]
    return [row | start | {"longest": float("nan")}, *({"jobs": row["jobs"]} | part for part in split)]
