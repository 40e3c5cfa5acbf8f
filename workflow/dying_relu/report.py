"""The page that people read: figures, videos and numbers, with nothing typed by hand."""

import shutil
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from plotly.offline import get_plotlyjs

from dying_relu.config import Config
from dying_relu.diagram import diagram
from dying_relu.judged import judged
from dying_relu.media import Media
from dying_relu.player import player
from dying_relu.run import Run, describe, held_fixed
from dying_relu.sections import section, shown_alone
from dying_relu.stages import stages

# What stands beside the template and is copied beside the page.
PARTS = ("style.css", "packs.js", "player.js", "charts.js")

COLUMNS = {
    "test_accuracy_batch_statistics": ("test accuracy, mini-batch statistics", "{:.2%}"),
    "test_accuracy": ("test accuracy, running averages", "{:.2%}"),
    "train_accuracy": ("training accuracy", "{:.2%}"),
    "perfect_batches": ("mini-batches without error", "{:.1%}"),
    "dead_units": ("dead units", "{:.0f}"),
    "inactive_units": ("inactive units", "{:.0f}"),
    "dark_units": ("dark units", "{:.0f}"),
}


def write_page(folder: Path, template: Path, config: Config, results: Path, provenance: dict[str, Any]) -> None:
    """Write `index.html` and the media that it shows into `folder`, which can then be moved as a whole.

    `results` is the results folder that tables, figures and videos are read from; `template` the
    file of the page's Jinja2 template, in the folder of its parts. Text from the configuration is escaped.
    """
    media = Media(results, folder / "media")
    for part in PARTS:
        shutil.copyfile(template.with_name(part), media.folder / part)
    media.pack("plotly", get_plotlyjs())
    page = Environment(
        loader=FileSystemLoader(template.parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page.policies["json.dumps_kwargs"] = {}  # keys in their own order
    final = pd.read_csv(results / "final.csv", index_col="run")
    runs = list(config.runs.values())
    text = page.get_template(template.name).render(
        claims=judged(config, pd.read_csv(results / "claims.csv", dtype=str, keep_default_na=False), page),
        columns=[label for label, _ in COLUMNS.values()],
        diagrams=[
            diagram([run for run in runs if run.hidden == hidden])
            for hidden in dict.fromkeys(run.hidden for run in runs)
        ],
        experiments=[section(config, experiment, media) for experiment in config.experiments.values()],
        player=player(config, [run for run in runs if shown_alone(run, config)], media),
        rows=[_row(run, final.loc[run.name], config) for run in runs],
        tables={name: media.take(f"{name}.csv") for name in ("claims", "runs", "final")},
        fixed=held_fixed(runs),
        series=[
            {
                "label": describe(run),
                "experiments": config.experiments_of(run),
            }
            for run in {run.series: run for run in runs}.values()
        ],
        runs=len(runs),
        layers=sorted({len(run.hidden) for run in runs}),
        settings=config.settings,
        stages=stages(config, results).to_dict("records"),
        provenance=provenance,
    )
    (folder / "index.html").write_text(text, encoding="utf-8")


def _row(run: Run, final: pd.Series, config: Config) -> dict[str, Any]:
    return {
        "name": run.name,
        "shown": shown_alone(run, config),
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
