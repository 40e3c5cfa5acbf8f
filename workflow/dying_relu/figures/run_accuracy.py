"""The accuracy figure of one run."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from dying_relu.configuration.labels import describe
from dying_relu.configuration.run import Run
from dying_relu.figures.style import EPOCH_TICKS, REFERENCE_COLOR, sns, wrap
from dying_relu.tables.summaries import BATCH_STATISTICS, diverged_in

ENVELOPE_COLUMNS = 2700  # two per pixel, so that the points left out do not show


def accuracy(run: Run, metrics: pd.DataFrame, batches: pd.DataFrame) -> Figure:
    """The training accuracy of every mini-batch, and the test accuracy of every epoch, of one run.

    `metrics` and `batches` are the run's `metrics.csv` and `batches.csv.gz`. The curve of the mini-batches is pixels
    in the SVG file, too: as vectors it would be tens of megabytes.
    """
    figure = Figure(figsize=(9, 4.5), layout="constrained")
    axes = figure.subplots()
    blue = sns.color_palette("colorblind")[0]
    epochs_done = batches["epoch"] - 1 + batches["batch"] / run.steps_per_epoch
    line = envelope(epochs_done.to_numpy(), batches["accuracy"].to_numpy(), run.epochs, ENVELOPE_COLUMNS)
    axes.plot(*line, color=blue, linewidth=0.4, alpha=0.7, rasterized=True)
    sns.lineplot(metrics, x="epoch", y=BATCH_STATISTICS, color=REFERENCE_COLOR, linewidth=2, errorbar=None, ax=axes)
    lowest = np.nan_to_num(np.fmin(batches["accuracy"].quantile(0.01), metrics[BATCH_STATISTICS].min()))
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
    title = f"{describe(run)}, seed {run.seed}" + (f": diverged in epoch {diverged}" if diverged else "")
    axes.set_title(wrap(title, 85))
    return figure


def envelope(x: NDArray, y: NDArray, end: float, columns: int) -> tuple[NDArray, NDArray]:
    """Thin out a line to the points that show when `columns` cover x from 0 to `end`; x must rise, y be finite.

    Of each column it keeps the first, last, lowest and highest point. To draw all 600,000 points takes seconds.
    """
    column = np.minimum(x / end * columns, columns - 1).astype(int)
    first_and_last = np.flatnonzero(np.diff(column, prepend=-1) | np.diff(column, append=-1))
    by_column = pd.Series(y).groupby(column)
    kept = np.unique(np.concatenate([first_and_last, by_column.idxmin(), by_column.idxmax()])).astype(int)
    return x[kept], y[kept]
