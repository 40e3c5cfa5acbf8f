"""The page that people read: figures, videos and numbers, with nothing typed by hand."""

import shutil
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, StrictUndefined

from dying_relu.config import Config, Experiment
from dying_relu.run import Run, describe, held_fixed

COLUMNS = {
    "test_accuracy_batch_statistics": ("test accuracy, mini-batch statistics", "{:.2%}"),
    "test_accuracy": ("test accuracy, running averages", "{:.2%}"),
    "train_accuracy": ("training accuracy", "{:.2%}"),
    "perfect_batches": ("mini-batches without error", "{:.1%}"),
    "dead_units": ("dead units", "{:.0f}"),
    "inactive_units": ("inactive units", "{:.0f}"),
    "dark_units": ("dark units", "{:.0f}"),
}


def write_page(folder: Path, template: str, config: Config, results: Path, provenance: dict[str, Any]) -> None:
    """Write `index.html` and the media that it shows into `folder`, which can then be moved as a whole.

    `results` is the results folder that tables, figures and videos are read from; `template` the
    text of the page's Jinja2 template. Text from the configuration is escaped.
    """
    media = folder / "media"
    media.mkdir(parents=True)

    @cache  # a run that is shown in several places is copied once
    def take(path: str) -> str:
        """Copy a file of the results beside the page; returns the address by which the page finds it."""
        name = path.removeprefix("runs/").replace("/", "-")
        shutil.copyfile(results / path, media / name)
        return f"media/{name}"

    final = pd.read_csv(results / "final.csv", index_col="run")
    page = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    text = page.from_string(template).render(
        columns=[label for label, _ in COLUMNS.values()],
        experiments=[_section(config, experiment, take) for experiment in config.experiments.values()],
        rows=[_row(run, final.loc[run.name]) for run in config.runs.values()],
        fixed=held_fixed(list(config.runs.values())),
        runs=len(config.runs),
        layers=sorted({len(run.hidden) for run in config.runs.values()}),
        settings=config.settings,
        provenance=provenance,
    )
    (folder / "index.html").write_text(text, encoding="utf-8")


def _section(config: Config, experiment: Experiment, take: Any) -> dict[str, Any]:
    """What the page shows of an experiment; a run that an earlier experiment has shown is only linked."""
    return {
        "name": experiment.name,
        "title": experiment.title,
        "figure": take(f"figures/{experiment.name}.svg"),
        "held_fixed": held_fixed(experiment.runs),
        "curves": [describe(run) for run in experiment.runs],
        "comparisons": [
            {
                "title": comparison.title,
                "video": take(f"comparisons/{comparison.name}.mp4"),
                "left": describe(comparison.left),
                "right": describe(comparison.right),
                "accuracy": [
                    {"source": take(f"runs/{run.name}/accuracy.svg"), "label": describe(run)} for run in comparison.runs
                ],
            }
            for comparison in config.comparisons.values()
            if comparison.experiment == experiment.name
        ],
        "runs": [
            {
                "name": run.name,
                "label": f"{describe(run)}, seed {run.seed}",
                "shown": config.experiments_of(run)[0] == experiment.name,
                "accuracy": take(f"runs/{run.name}/accuracy.svg"),
                "video": take(f"runs/{run.name}/dw.mp4"),
            }
            for run in experiment.runs
        ],
    }


def _row(run: Run, final: pd.Series) -> dict[str, Any]:
    return {
        "name": run.name,
        "label": describe(run),
        "seed": run.seed,
        "cells": [pattern.format(final[column]) for column, (_, pattern) in COLUMNS.items()],
    }


def write_player(folder: Path, template: str, title: str, video: Path) -> None:
    """Write `index.html` with a player, and a copy of `video`, into `folder`: for viewers that show HTML only."""
    folder.mkdir(parents=True)
    shutil.copyfile(video, folder / video.name)
    text = Environment(autoescape=True, undefined=StrictUndefined).from_string(template)
    (folder / "index.html").write_text(text.render(title=title, video=video.name), encoding="utf-8")
