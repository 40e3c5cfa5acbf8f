"""The page that people read: figures, videos and numbers, with nothing typed by hand."""

import shutil
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from plotly.offline import get_plotlyjs

from dying_relu import captions
from dying_relu.charts import chart, table
from dying_relu.claims import Claim, all_claims
from dying_relu.config import Comparison, Config, Experiment
from dying_relu.layout import layout
from dying_relu.packs import write_pack
from dying_relu.player import moments, numbers
from dying_relu.run import Run, describe, held_fixed
from dying_relu.stages import stages

COLUMNS = {
    "test_accuracy_batch_statistics": ("test accuracy, mini-batch statistics", "{:.2%}"),
    "test_accuracy": ("test accuracy, running averages", "{:.2%}"),
    "train_accuracy": ("training accuracy", "{:.2%}"),
    "perfect_batches": ("mini-batches without error", "{:.1%}"),
    "dead_units": ("dead units", "{:.0f}"),
    "inactive_units": ("inactive units", "{:.0f}"),
    "dark_units": ("dark units", "{:.0f}"),
}


# What stands beside the template and is copied beside the page.
PARTS = ("style.css", "packs.js", "player.js", "charts.js")


def write_page(folder: Path, template: Path, config: Config, results: Path, provenance: dict[str, Any]) -> None:
    """Write `index.html` and the media that it shows into `folder`, which can then be moved as a whole.

    `results` is the results folder that tables, figures and videos are read from; `template` the
    file of the page's Jinja2 template, in the folder of its parts. Text from the configuration is escaped.
    """
    media = folder / "media"
    media.mkdir(parents=True)
    for part in PARTS:
        shutil.copyfile(template.with_name(part), folder / part)

    @cache  # a run that is shown in several places is copied once
    def take(path: str) -> str:
        """Copy a file of the results beside the page; returns the address by which the page finds it."""
        name = path.removeprefix("runs/").replace("/", "-")
        shutil.copyfile(results / path, media / name)
        return f"media/{name}"

    write_pack(media, "plotly", get_plotlyjs())
    final = pd.read_csv(results / "final.csv", index_col="run")
    page = Environment(
        loader=FileSystemLoader(template.parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page.policies["json.dumps_kwargs"] = {}  # keys in their own order
    text = page.get_template(template.name).render(
        claims=_claims(config, pd.read_csv(results / "claims.csv", dtype=str, keep_default_na=False), page),
        columns=[label for label, _ in COLUMNS.values()],
        experiments=[_section(config, experiment, results, media, take) for experiment in config.experiments.values()],
        player=_player(config, results, media, take),
        rows=[_row(run, final.loc[run.name], config) for run in config.runs.values()],
        fixed=held_fixed(list(config.runs.values())),
        runs=len(config.runs),
        layers=sorted({len(run.hidden) for run in config.runs.values()}),
        settings=config.settings,
        stages=stages(config, results).to_dict("records"),
        provenance=provenance,
    )
    (folder / "index.html").write_text(text, encoding="utf-8")


def _section(config: Config, experiment: Experiment, results: Path, media: Path, take: Any) -> dict[str, Any]:
    """What the page shows of an experiment; a run that an earlier experiment has shown is only linked."""
    metrics = {run: pd.read_csv(results / f"runs/{run.name}/metrics.csv") for run in experiment.runs}
    table(metrics).to_csv(media / f"{experiment.name}.csv", index=False)
    return {
        "name": experiment.name,
        "title": experiment.title,
        "figure": take(f"figures/{experiment.name}.svg"),
        "chart": write_pack(media, f"chart-{experiment.name}", chart(metrics)),
        "data": f"media/{experiment.name}.csv",
        "figures": _figures(experiment.name, results, take),
        "held_fixed": held_fixed(experiment.runs),
        "curves": list(dict.fromkeys(describe(run) for run in experiment.runs)),
        "comparisons": [
            _comparison(comparison, results, take)
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
            if _shown_alone(run, config)
        ],
    }


def _shown_alone(run: Run, config: Config) -> bool:
    """Whether the page shows the run by itself: of several seeds, the first, or it would be too large to send."""
    return run.seed == config.settings["seeds"][0]


def _comparison(comparison: Comparison, results: Path, take: Any) -> dict[str, Any]:
    return {
        "title": comparison.title,
        "sheet": take(f"comparisons/{comparison.name}.jpg"),
        "figures": _figures(comparison.name, results, take),
        "left": describe(comparison.left),
        "right": describe(comparison.right),
        "left_run": comparison.left.name,
        "right_run": comparison.right.name,
        "accuracy": [
            {"source": take(f"runs/{run.name}/accuracy.svg"), "label": describe(run)} for run in comparison.runs
        ],
    }


def _player(config: Config, results: Path, media: Path, take: Any) -> dict[str, Any]:
    """What the dW player is given: its runs, and which two it begins with."""
    shown = [run for run in config.runs.values() if _shown_alone(run, config)]
    first = next(iter(config.comparisons.values()), None)
    left, right = first.runs if first else (shown[0], shown[-1])
    return {
        "left": left.name,
        "right": right.name,
        "framesPerSecond": config.settings["video"]["frames_per_second"],
        "runs": {
            run.name: {
                "label": describe(run),
                "video": take(f"runs/{run.name}/dw.mp4"),
                "units": write_pack(media, run.name, numbers(pd.read_csv(results / f"runs/{run.name}/units.csv.gz"))),
                "layers": layout(run.hidden),
                **moments(run, config.settings["frames"]),
            }
            for run in shown
        },
    }


def _figures(name: str, results: Path, take: Any) -> list[dict[str, str]]:
    """The figures of an experiment or a comparison beside the summary, with their captions."""
    return [
        {"id": f"figure-{kind}-{name}", "source": take(f"figures/{kind}/{name}.svg"), **caption}
        for kind, caption in captions.load().items()
        if (results / "figures" / kind / f"{name}.svg").exists()
    ]


def _claims(config: Config, table: pd.DataFrame, page: Environment) -> list[dict[str, Any]]:
    """What the page says of each claim: its rows, one per evaluation, its figure, and the discussion of a surprise."""
    claims = all_claims()
    rows = {
        claim.id: {
            evaluation: _claim_row(claim, row)
            for evaluation, row in zip(
                claim.evaluations, table[table["claim"] == claim.id].to_dict("records"), strict=True
            )
        }
        for claim in claims
    }
    return [
        {
            **{
                key: getattr(claim, key)
                for key in ("id", "statement", "place", "article", "rule", "evidence", "source")
            },
            "rows": list(rows[claim.id].values()),
            "figure": _figure_of(claim, config),
            "discussion": page.from_string(claim.discussion).render(rows[claim.id], all=rows).strip(),
        }
        for claim in claims
    ]


def _claim_row(claim: Claim, row: dict[str, Any]) -> dict[str, Any]:
    """A row of `claims.csv` as text: what was measured, and its interval, or nothing where there is none."""
    first = claim.quantities[0]
    return {
        **{key: row[key] for key in ("evaluation", "verdict", "seeds", "details")},
        "measured": first.show(float(row["measured"])) if row["measured"] else "",
        "interval": f"{first.number(float(row['low']))} to {first.number(float(row['high']))}" if row["low"] else "",
        "parts": row["details"].split("; ") if row["details"] else [],
    }


def _figure_of(claim: Claim, config: Config) -> str | None:
    """The address within the page of the figure that shows the runs of a claim, or most of them."""
    runs = {run for groups in claim.runs_in(config)[:1] for runs in groups.values() for run in runs}
    shown = config.comparisons if claim.figure in captions.OF_COMPARISONS else config.experiments
    overlaps = {name: len(runs & set(one.runs)) for name, one in shown.items()}
    best = max(overlaps, key=overlaps.get, default=None)
    return f"figure-{claim.figure}-{best}" if best and overlaps[best] else None


def _row(run: Run, final: pd.Series, config: Config) -> dict[str, Any]:
    return {
        "name": run.name,
        "shown": _shown_alone(run, config),
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
