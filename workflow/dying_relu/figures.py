"""Figures, by seaborn: the two panels of an experiment, and the accuracy of one run."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from dying_relu.lean_seaborn import sns
from dying_relu.run import Run, describe, held_fixed
from dying_relu.tables import diverged_in, mean_of_last_tenth, series_names

matplotlib.use("agg")  # no screen needed
# Text stays text in SVG files, and their identifiers are the same whenever they are drawn.
STYLE = {"svg.fonttype": "none", "svg.hashsalt": "dying-relu", "figure.dpi": 100, "savefig.dpi": 150}
sns.set_theme(context="notebook", style="whitegrid", rc=STYLE)

# What stands beside the article's figures: tested in mini-batches that are normalised by themselves.
TEST_ACCURACY = "test_accuracy_batch_statistics"
EVALUATIONS = {"running averages": "test_accuracy", "mini-batch statistics": TEST_ACCURACY}
SHARES = (TEST_ACCURACY, "perfect_batches")
REFERENCE = "black"
WIDEST = 2700  # columns of a picture, two for each pixel, so that next to nothing is seen of what is left out
EPOCH_TICKS = {"nbins": 10, "steps": [1, 2, 5, 10], "integer": True}


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


def accuracy(run: Run, metrics: pd.DataFrame, batches: pd.DataFrame) -> Figure:
    """The training accuracy of every mini-batch, and the test accuracy of every epoch, of one run.

    `metrics` and `batches` are the run's `metrics.csv` and `batches.csv.gz`. The dense layer of
    mini-batches is drawn as pixels in the SVG file too: as vectors it would be tens of megabytes.
    """
    figure = Figure(figsize=(9, 4.5), layout="constrained")
    axes = figure.subplots()
    blue = sns.color_palette("colorblind")[0]
    done = batches["epoch"] - 1 + batches["batch"] / run.steps_per_epoch
    line = envelope(done.to_numpy(), batches["accuracy"].to_numpy(), run.epochs, WIDEST)
    axes.plot(*line, color=blue, linewidth=0.4, alpha=0.7, rasterized=True)
    sns.lineplot(metrics, x="epoch", y=TEST_ACCURACY, color=REFERENCE, linewidth=2, errorbar=None, ax=axes)
    lowest = np.nan_to_num(np.fmin(batches["accuracy"].quantile(0.01), metrics[TEST_ACCURACY].min()))
    axes.set(xlabel="epoch", ylabel="accuracy", xlim=(0, run.epochs), ylim=(lowest - 0.02, 1.005))
    axes.xaxis.set_major_locator(MaxNLocator(**EPOCH_TICKS))
    axes.legend(
        handles=[axes.lines[0], axes.lines[1]],
        labels=["training, every mini-batch", "test, every epoch" + " (mini-batch statistics)" * run.batch_norm],
        loc="lower right",
    )
    for handle in axes.get_legend().legend_handles:
        handle.set_linewidth(2)
    diverged = diverged_in(metrics)
    if diverged:
        axes.axvspan(diverged - 1, run.epochs, color="0.85", zorder=0)
    axes.set_title(f"{describe(run)}, seed {run.seed}" + (f": diverged in epoch {diverged}" if diverged else ""))
    return figure


def envelope(x: NDArray, y: NDArray, end: float, columns: int) -> tuple[NDArray, NDArray]:
    """The points of a line that make its look where `columns` show x from 0 to `end`; x rises, and y is finite.

    Those are the first and the last point of a column, its lowest and its highest. To draw 600,000 takes seconds.
    """
    column = np.minimum(x / end * columns, columns - 1).astype(int)
    outer = np.flatnonzero(np.diff(column, prepend=-1) | np.diff(column, append=-1))
    of_columns = pd.Series(y).groupby(column)
    kept = np.unique(np.concatenate([outer, of_columns.idxmin(), of_columns.idxmax()])).astype(int)
    return x[kept], y[kept]


def save(figure: Figure, path: Path) -> None:
    """Write the figure in the format that the name of the file ends in (.png or .svg), without a date."""
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else {"Software": None})
