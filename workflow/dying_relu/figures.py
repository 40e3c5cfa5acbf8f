"""Figures, by seaborn: the two panels of an experiment, and the accuracy of one run."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from dying_relu.run import Run, describe, held_fixed, series_label, varied

matplotlib.use("agg")  # no screen needed
# Text stays text in SVG files, and their identifiers are the same whenever they are drawn.
STYLE = {"svg.fonttype": "none", "svg.hashsalt": "dying-relu", "figure.dpi": 100, "savefig.dpi": 150}
sns.set_theme(context="notebook", style="whitegrid", rc=STYLE)

# What stands beside the article's figures: tested in mini-batches that are normalised by themselves.
TEST_ACCURACY = "test_accuracy_batch_statistics"
REFERENCE = "black"
EPOCH_TICKS = {"nbins": 10, "steps": [1, 2, 5, 10], "integer": True}


def summary(metrics: Mapping[Run, pd.DataFrame], title: str) -> Figure:
    """Test accuracy (upper panel) and dead units (lower panel) against the epoch, a curve per series.

    `metrics` has the `metrics.csv` of every run of an experiment. Runs that differ only in their
    seed are one series: the curve is their mean, and the band around it, which one seed does not
    have, reaches from the lowest to the highest. Runs without BN are black and dashed; the others
    go from dark to light in the order of the configuration, which survives grayscale printing and
    colour blindness, and carry markers of their own.
    """
    runs = list(metrics)
    keys = varied(runs)
    labels = {run: series_label(run, keys) for run in runs}
    table = pd.concat([frame.assign(series=labels[run]) for run, frame in metrics.items()], ignore_index=True)
    look = _look(runs, labels)

    figure = Figure(figsize=(9, 8), layout="constrained")
    accuracy, dead = figure.subplots(2, 1, sharex=True, height_ratios=[2, 1])
    _curves(accuracy, table, TEST_ACCURACY, look)
    _curves(dead, table, "dead_units", look)
    accuracy.set(ylabel="test accuracy (mini-batch statistics)")
    accuracy.legend(title=None, loc="lower right", handlelength=4)
    dead.legend().remove()
    dead.set(ylabel="dead units", xlabel="epoch")
    dead.set_ylim(-0.4, max(1.0, table["dead_units"].max()) + 0.4)
    dead.yaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
    dead.xaxis.set_major_locator(MaxNLocator(**EPOCH_TICKS))
    figure.suptitle(title, fontweight="bold")
    accuracy.set_title(f"held fixed: {held_fixed(runs)}", fontsize="small")
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
    axes.plot(done, batches["accuracy"], color=blue, linewidth=0.4, alpha=0.7, rasterized=True)
    sns.lineplot(metrics, x="epoch", y=TEST_ACCURACY, color=REFERENCE, linewidth=2, errorbar=None, ax=axes)
    lowest = min(batches["accuracy"].quantile(0.01), metrics[TEST_ACCURACY].min())
    axes.set(xlabel="epoch", ylabel="accuracy", xlim=(0, run.epochs), ylim=(lowest - 0.02, 1.005))
    axes.xaxis.set_major_locator(MaxNLocator(**EPOCH_TICKS))
    axes.legend(
        handles=[axes.lines[0], axes.lines[1]],
        labels=["training, every mini-batch", "test, every epoch" + " (mini-batch statistics)" * run.batch_norm],
        loc="lower right",
    )
    for handle in axes.get_legend().legend_handles:
        handle.set_linewidth(2)
    axes.set_title(f"{describe(run)}, seed {run.seed}")
    return figure


def save(figure: Figure, path: Path) -> None:
    """Write the figure in the format that the name of the file ends in (.png or .svg), without a date."""
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else {"Software": None})
