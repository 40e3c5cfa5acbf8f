"""The data of the page's charts, which can be hovered; the static figures are those of `figures`."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from plotly.colors import sample_colorscale

from dying_relu.configuration.run import Run
from dying_relu.tables.summaries import series_names

COLUMNS = ("test_accuracy", "test_accuracy_batch_statistics", "dead_units")
MOST = 20  # series whose curves can be told from each other


def summarised(metrics: Mapping[Run, pd.DataFrame]) -> bool:
    """Whether the chart has not a curve for each series, but shows between which values all of them lie."""
    return len(set(series_names(metrics).values())) > MOST


def chart(metrics: Mapping[Run, pd.DataFrame]) -> list[dict[str, Any]]:
    """The series of an experiment, each with its look and the curves of its seeds.

    `metrics` has the `metrics.csv` of every run. Runs that differ only in their seed are one series. Runs without BN
    are dashed and have the colour of the text (None); the others go through viridis, of which a white background
    leaves out the light end and a dark one the dark end. Of more than `MOST` series there are three curves instead,
    which do not belong to single runs: see `summary`.
    """
    if summarised(metrics):
        frames = summary(metrics)
        names = list(frames)
        return [_series(name, names, {"": frame}) for name, frame in frames.items()]
    labels = series_names(metrics)
    with_bn = list(dict.fromkeys(labels[run] for run in metrics if run.batch_norm))
    return [
        _series(name, with_bn, {run.seed: metrics[run] for run in metrics if labels[run] == name})
        for name in dict.fromkeys(labels.values())
    ]


def summary(metrics: Mapping[Run, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """The highest, median and lowest of all runs in every epoch and column, by what the curve is called.

    Runs that have diverged count until then.
    """
    epochs = pd.concat(metrics.values()).groupby("epoch")[list(COLUMNS)]
    of = f"of {len(metrics)} runs"
    found = {f"highest {of}": epochs.max(), f"median {of}": epochs.median(), f"lowest {of}": epochs.min()}
    return {name: frame.reset_index() for name, frame in found.items()}


def _series(label: str, colored: list[str], frames: Mapping[Any, pd.DataFrame]) -> dict[str, Any]:
    return {
        "label": label,
        "light": _color(colored, label, 0.0, 0.85),
        "dark": _color(colored, label, 0.3, 1.0),
        "seeds": [
            {"seed": seed, "epoch": frame["epoch"].tolist(), **{key: frame[key].tolist() for key in COLUMNS}}
            for seed, frame in frames.items()
        ],
    }


def _color(names: list[str], name: str, start: float, end: float) -> str | None:
    if name not in names:
        return None
    place = names.index(name) / max(1, len(names) - 1)
    return sample_colorscale("viridis", [start + (end - start) * place])[0]


def table(metrics: Mapping[Run, pd.DataFrame]) -> pd.DataFrame:
    """The `metrics.csv` of all runs, one below the other, with the names and seeds of the runs."""
    frames = [frame.assign(run=run.name, seed=run.seed) for run, frame in metrics.items()]
    together = pd.concat(frames, ignore_index=True)
    return together[["run", "seed", *together.columns.drop(["run", "seed"])]]


def summary_table(metrics: Mapping[Run, pd.DataFrame]) -> pd.DataFrame:
    """What `summary` has, one below the other."""
    together = pd.concat([frame.assign(curve=name) for name, frame in summary(metrics).items()], ignore_index=True)
    return together[["curve", *together.columns.drop("curve")]]
