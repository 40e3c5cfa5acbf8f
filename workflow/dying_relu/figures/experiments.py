"""Figures of the runs of an experiment: measurements against the epoch, and the final test accuracy."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from dying_relu.configuration.labels import held_fixed
from dying_relu.configuration.run import Run
from dying_relu.figures.style import (
    EPOCH_TICKS,
    MARKERS,
    REFERENCE_COLOR,
    add_legend,
    set_title,
    sns,
    turn_long_labels,
    wrap,
)
from dying_relu.tables.summaries import BATCH_STATISTICS, EVALUATIONS, median_of_second_half, series_names

SHARES = (BATCH_STATISTICS, "perfect_batches")


def accuracy_and_dead_units(metrics: Mapping[Run, pd.DataFrame], title: str) -> Figure:
    """Test accuracy (upper panel) and dead units (lower panel) against the epoch, a curve per series.

    `metrics` holds the `metrics.csv` of every run of an experiment. Runs that differ only in their seed are one
    series: the curve is their mean, the band around it reaches from the lowest to the highest seed. Series
    without BN are dashed, and black if there is only one. The others go from dark to light in the order of the
    configuration, which survives grayscale printing and colour blindness. Every series has its own marker.
    """
    panels = {BATCH_STATISTICS: "test accuracy (mini-batch statistics)", "dead_units": "dead units"}
    return _over_epochs(metrics, title, panels, [2, 1])


def unit_counts(metrics: Mapping[Run, pd.DataFrame], title: str) -> Figure:
    """Dead, inactive and dark units against the epoch, a panel each; series as in `accuracy_and_dead_units`."""
    panels = {"dead_units": "dead units", "inactive_units": "inactive units", "dark_units": "dark squares"}
    return _over_epochs(metrics, title, panels, [1, 1, 2])


def perfect_batches(metrics: Mapping[Run, pd.DataFrame], title: str) -> Figure:
    """The share of mini-batches without an error against the epoch; series as in `accuracy_and_dead_units`."""
    return _over_epochs(metrics, title, {"perfect_batches": "mini-batches without an error"}, [1])


def final_test_accuracy(metrics: Mapping[Run, pd.DataFrame], title: str) -> Figure:
    """Final test accuracy of every series under both evaluations: a small point per seed, a large one for their mean.

    As for the claims, final is the median over the second half of the epochs.
    """
    names = series_names(metrics)
    rows = [
        {"series": names[run], "tested with": evaluation, "accuracy": median_of_second_half(frame[column])}
        for run, frame in metrics.items()
        for evaluation, column in EVALUATIONS.items()
    ]
    table = pd.DataFrame(rows)
    figure = Figure(figsize=(9, 5), layout="constrained")
    axes = figure.subplots()
    shared = {"data": table, "x": "series", "y": "accuracy", "hue": "tested with", "palette": "colorblind", "ax": axes}
    sns.pointplot(**shared, errorbar=None, markers=["o", "s"], dodge=0.3, linestyle="none")
    sns.stripplot(**shared, dodge=True, jitter=False, legend=False, size=5, edgecolor=REFERENCE_COLOR, linewidth=0.7)
    axes.set(xlabel=None, ylabel="test accuracy, median of the second half")
    axes.tick_params(axis="x", rotation=20)
    turn_long_labels(axes, list(dict.fromkeys(names.values())))
    axes.set_title(wrap(title, 75), fontweight="bold", parse_math=False)
    return figure


FIGURES = {"units": unit_counts, "perfect": perfect_batches, "evaluations": final_test_accuracy}


def _over_epochs(
    metrics: Mapping[Run, pd.DataFrame], title: str, panels: Mapping[str, str], heights: Sequence[float]
) -> Figure:
    """A panel per column of `metrics.csv`, below each other, with one legend; `panels` maps columns to labels."""
    runs = list(metrics)
    labels = series_names(metrics)
    table = pd.concat([frame.assign(series=labels[run]) for run, frame in metrics.items()], ignore_index=True)
    style = _series_style(runs, labels)
    names = list(style["palette"])
    figure = Figure(figsize=(9, 2 + 2 * sum(heights)), layout="constrained")
    for axes, (column, label) in zip(
        figure.subplots(len(panels), 1, sharex=True, height_ratios=heights, squeeze=False)[:, 0],
        panels.items(),
        strict=True,
    ):
        sns.lineplot(
            table,
            x="epoch",
            y=column,
            hue="series",
            style="series",
            hue_order=names,
            style_order=names,
            errorbar=("pi", 100),  # from the lowest to the highest seed
            markevery=max(1, int(table["epoch"].max()) // 10),
            markersize=6,
            linewidth=1.5,
            ax=axes,
            **style,
        )
        axes.set(ylabel=label, xlabel="epoch")
        if column == next(iter(panels)):
            add_legend(axes, handlelength=4, loc="lower right" if column in SHARES else "upper right")
            axes.set_title(wrap(f"held fixed: {held_fixed(runs)}", 120), fontsize="small")
        else:
            axes.legend().remove()
        if column not in SHARES:
            axes.set_ylim(-0.4, np.fmax(1.0, table[column].max()) * 1.05 + 0.4)
            axes.yaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
        axes.xaxis.set_major_locator(MaxNLocator(**EPOCH_TICKS))
    set_title(figure, title)
    return figure


def _series_style(runs: Sequence[Run], labels: Mapping[Run, str]) -> dict[str, dict]:
    """Colour, dashes and marker of each series, as seaborn's `palette`, `dashes` and `markers`."""
    has_bn = {labels[run]: run.batch_norm for run in runs}
    reference = [name for name, batch_norm in has_bn.items() if not batch_norm]
    colored = [name for name in has_bn if len(reference) > 1 or name not in reference]
    # One colour more than needed: the lightest would not show on white.
    palette = dict(zip(colored, sns.color_palette("viridis", len(colored) + 1), strict=False))
    return {
        "palette": {name: palette.get(name, REFERENCE_COLOR) for name in has_bn},
        "dashes": {name: "" if batch_norm else (4, 1.5) for name, batch_norm in has_bn.items()},
        "markers": {name: MARKERS[index % len(MARKERS)] for index, name in enumerate(has_bn)},
    }
