"""The data of the page's charts, which can be hovered; the static figures are those of `figures`."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from plotly.colors import sample_colorscale

from dying_relu.run import Run, series_label, varied

COLUMNS = ("test_accuracy", "test_accuracy_batch_statistics", "dead_units")


def chart(metrics: Mapping[Run, pd.DataFrame]) -> list[dict[str, Any]]:
    """The series of an experiment, each with its look and the curves of its seeds.

    `metrics` has the `metrics.csv` of every run. Runs that differ only in their seed are one series. Runs without BN
    are dashed and have the colour of the text (None); the others go through viridis, of which a white background
    leaves out the light end and a dark one the dark end.
    """
    keys = varied(list(metrics))
    labels = {run: series_label(run, keys) for run in metrics}
    names = list(dict.fromkeys(labels.values()))
    with_bn = list(dict.fromkeys(labels[run] for run in metrics if run.batch_norm))
    return [
        {
            "label": name,
            "light": _color(with_bn, name, 0.0, 0.85),
            "dark": _color(with_bn, name, 0.3, 1.0),
            "seeds": [
                {"seed": run.seed, "epoch": frame["epoch"].tolist(), **{key: frame[key].tolist() for key in COLUMNS}}
                for run, frame in metrics.items()
                if labels[run] == name
            ],
        }
        for name in names
    ]


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
