"""Figures, by seaborn: the two panels of an experiment, and the accuracy of one run."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from dying_relu.configuration.labels import held_fixed
from dying_relu.configuration.run import Run
from dying_relu.figures.style import EPOCH_TICKS, REFERENCE, TEST_ACCURACY, sns
from dying_relu.tables.summaries import mean_of_last_tenth, series_names

EVALUATIONS = {"running averages": "test_accuracy", "mini-batch statistics": TEST_ACCURACY}
SHARES = (TEST_ACCURACY, "perfect_batches")


def summary(metrics: Mapping[Run, pd.DataFrame], title: str) -> Figure:
    """Test accuracy (upper panel) and dead units (lower panel) against the epoch, a curve per series.

    `metrics` has the `metrics.csv` of every run of an experiment. Runs that differ only in their
    seed are one series: the curve is their mean, and the band around it, which one seed does not
    have, reaches from the lowest to the highest. Runs without BN are black and dashed; the others
    go from dark to light in the order of the configuration, which survives grayscale printing and
    colour blindness, and carry markers of their own.
    """
    panels = {TEST_ACCURACY: "test accuracy (mini-batch statistics)", "dead_units": "dead units"}
    return _over_epochs(metrics, title, panels, [2, 1])


def units(metrics: Mapping[Run, pd.DataFrame], title: str) -> Figure:
    """Dead, inactive and dark units against the epoch, a panel each; series as in `summary`."""
    panels = {"dead_units": "dead units", "inactive_units": "inactive units", "dark_units": "dark squares"}
    return _over_epochs(metrics, title, panels, [1, 1, 2])


def perfect(metrics: Mapping[Run, pd.DataFrame], title: str) -> Figure:
    """The share of mini-batches without an error against the epoch; series as in `summary`."""
    return _over_epochs(metrics, title, {"perfect_batches": "mini-batches without an error"}, [1])


def evaluations(metrics: Mapping[Run, pd.DataFrame], title: str) -> Figure:
    """Final test accuracy of every series, tested in both ways: a point per seed, a larger mark for their mean.

    Final is what the claims take for it: the mean over the last tenth of the epochs.
    """
    names = series_names(metrics)
    rows = [
        {"series": names[run], "tested with": how, "accuracy": mean_of_last_tenth(frame[column])}
        for run, frame in metrics.items()
        for how, column in EVALUATIONS.items()
    ]
    table = pd.DataFrame(rows)
    figure = Figure(figsize=(9, 5), layout="constrained")
    axes = figure.subplots()
    shared = {"data": table, "x": "series", "y": "accuracy", "hue": "tested with", "palette": "colorblind", "ax": axes}
    sns.pointplot(**shared, errorbar=None, markers=["o", "s"], dodge=0.3, linestyle="none")
    # The points of the seeds stand beside the marks of the means.
    sns.stripplot(**shared, dodge=True, jitter=False, legend=False, size=5, edgecolor=REFERENCE, linewidth=0.7)
    axes.set(xlabel=None, ylabel="test accuracy, last tenth of the epochs")
    axes.tick_params(axis="x", rotation=20)
    axes.set_title(title, fontweight="bold", parse_math=False)
    return figure


FIGURES = {"units": units, "perfect": perfect, "evaluations": evaluations}


def _over_epochs(
    metrics: Mapping[Run, pd.DataFrame], title: str, panels: Mapping[str, str], heights: Sequence[float]
) -> Figure:
    """A panel for each column of `metrics.csv` in `panels`, one below the other, with one legend."""
    runs = list(metrics)
    labels = series_names(metrics)
    table = pd.concat([frame.assign(series=labels[run]) for run, frame in metrics.items()], ignore_index=True)
    look = _look(runs, labels)
    figure = Figure(figsize=(9, 2 + 2 * sum(heights)), layout="constrained")
    for axes, (column, label) in zip(
        figure.subplots(len(panels), 1, sharex=True, height_ratios=heights, squeeze=False)[:, 0],
        panels.items(),
        strict=True,
    ):
        _curves(axes, table, column, look)
        axes.set(ylabel=label, xlabel="epoch")
        if column == next(iter(panels)):
            axes.legend(title=None, handlelength=4, loc="lower right" if column in SHARES else "upper right")
            axes.set_title(f"held fixed: {held_fixed(runs)}", fontsize="small")
        else:
            axes.legend().remove()
        if column not in SHARES:
            axes.set_ylim(-0.4, np.fmax(1.0, table[column].max()) * 1.05 + 0.4)
            axes.yaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
        axes.xaxis.set_major_locator(MaxNLocator(**EPOCH_TICKS))
    figure.suptitle(title, fontweight="bold", parse_math=False)
    return figure


def _look(runs: Sequence[Run], labels: Mapping[Run, str]) -> dict[str, dict]:
    """Per series: colour, dashes and marker, as seaborn's `palette`, `dashes` and `markers`."""
    with_bn = list(dict.fromkeys(labels[run] for run in runs if run.batch_norm))
    # One colour more than needed: the lightest would be lost on white.
    palette = dict(zip(with_bn, sns.color_palette("viridis", len(with_bn) + 1), strict=False))
    names = list(dict.fromkeys(labels.values()))
    shapes = "os^Dv<>pP*X"
    return {
        "palette": {name: palette.get(name, REFERENCE) for name in names},
        "dashes": {name: "" if name in palette else (4, 1.5) for name in names},
        "markers": {name: shapes[index % len(shapes)] for index, name in enumerate(names)},
    }


def _curves(axes: Axes, table: pd.DataFrame, column: str, look: Mapping[str, dict]) -> None:
    names = list(look["palette"])
    last = int(table["epoch"].max())
    sns.lineplot(
        table,
        x="epoch",
        y=column,
        hue="series",
        style="series",
        hue_order=names,
        style_order=names,
        errorbar=("pi", 100),  # from the lowest to the highest seed
        markevery=max(1, last // 10),
        markersize=6,
        linewidth=1.5,
        ax=axes,
        **look,
    )
