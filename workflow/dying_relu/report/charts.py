"""The data of the page's interactive charts; the room `figures` draws the static figures."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from plotly.colors import sample_colorscale

from dying_relu.configuration.run import Run
from dying_relu.tables.summaries import series_names

CURVES = ("test_accuracy", "test_accuracy_batch_statistics", "dead_units")
MAX_SERIES = 20  # more curves cannot be told apart


def is_pooled(metrics: Mapping[Run, pd.DataFrame]) -> bool:
    """Whether there are too many series for a curve each, so that the chart pools all runs."""
    return len(set(series_names(metrics).values())) > MAX_SERIES


def chart_data(metrics: Mapping[Run, pd.DataFrame]) -> list[dict[str, Any]]:
    """The series of an experiment: the label, the colours and the curves of each.

    `metrics` holds each run's `metrics.csv`. Runs that differ only in their seed form one series. Series without BN
    are dashed; a single one has no colour (None) and gets the page's text colour. The others share viridis, without
    its light end on a white background (`light`) and without its dark end on a black one (`dark`). With more than
    `MAX_SERIES` series, the chart has the curves of `pooled_curves` instead.
    """
    if is_pooled(metrics):
        curves = {label: {"": curve} for label, curve in pooled_curves(metrics).items()}
        dashed = dict.fromkeys(curves, False)
    else:
        labels = series_names(metrics)
        dashed = {labels[run]: not run.batch_norm for run in metrics}
        curves = {label: {run.seed: metrics[run] for run in metrics if labels[run] == label} for label in dashed}
    colored = [label for label in dashed if not dashed[label] or sum(dashed.values()) > 1]
    positions = np.arange(len(colored)) / max(1, len(colored) - 1)
    palettes = {
        scheme: dict(zip(colored, sample_colorscale("viridis", low + (high - low) * positions), strict=True))
        for scheme, (low, high) in {"light": (0, 0.85), "dark": (0.3, 1)}.items()
    }
    return [
        {
            "label": label,
            "dashed": dashed[label],
            **{scheme: palette.get(label) for scheme, palette in palettes.items()},
            "seeds": [
                {"seed": seed, "epoch": curve["epoch"].tolist(), **{key: curve[key].tolist() for key in CURVES}}
                for seed, curve in curves[label].items()
            ],
        }
        for label in dashed
    ]


def pooled_curves(metrics: Mapping[Run, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """The highest, median and lowest value of all runs in each epoch and column, by the curve's label.

    A run that diverged counts until then.
    """
    epochs = pd.concat(metrics.values()).groupby("epoch")[list(CURVES)]
    curves = {"highest": epochs.max(), "median": epochs.median(), "lowest": epochs.min()}
    return {f"{name} of {len(metrics)} runs": curve.reset_index() for name, curve in curves.items()}


def chart_table(metrics: Mapping[Run, pd.DataFrame], pooled: bool) -> pd.DataFrame:
    """The `metrics.csv` of all runs as one table that begins with `run` and `seed`; pooled, the `pooled_curves`."""
    names, frames = ["run", "seed"], {(run.name, run.seed): frame for run, frame in metrics.items()}
    if pooled:
        names, frames = ["curve"], pooled_curves(metrics)
    return pd.concat(frames, names=names).reset_index(names)
