"""Figures of many runs: their final measurements against the parameters that vary."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from dying_relu.configuration.labels import held_fixed, named
from dying_relu.configuration.run import LISTS, Run
from dying_relu.figures.style import MARKERS, add_legend, set_title, sns, turn_long_labels, wrap
from dying_relu.tables.summaries import series_keys

# The final measurements: the label of each on an axis, and its number format.
MEASUREMENTS = {
    "test_accuracy": ("test accuracy (running averages)", "{:.3f}"),
    "test_accuracy_batch_statistics": ("test accuracy (mini-batch statistics)", "{:.3f}"),
    "train_loss": ("training loss (nats)", "{:.2g}"),
    "dead": ("units dead at the end", "{:.0%}"),
    "born_dead": ("units dead at birth", "{:.0%}"),
    "died": ("units that died", "{:.0%}"),
    "revived": ("units that revived", "{:.0%}"),
    "ever_dead": ("units dead at any time", "{:.0%}"),
    "dead_layers": ("dead layers", "{:.3g}"),
    "born_dead_layers": ("layers dead at birth", "{:.3g}"),
}
LOG_SCALE_RATIO = 20  # of the largest to the smallest value; from here on an axis is logarithmic


def draw_sweep(outcomes: pd.DataFrame, runs: Sequence[Run], settings: Mapping[str, Any], title: str) -> Figure:
    """The figure of an experiment that shows final measurements, of kind `final` or `map`.

    `outcomes` is its `outcomes/<experiment>.csv`, `settings` the experiment's `figure` in the configuration.
    """
    table = outcomes.set_index("run").loc[[run.name for run in runs]].reset_index()
    axes = [settings[axis] for axis in ("x", "y") if settings[axis]]
    for axis in axes:
        table[axis] = _axis_values(runs, axis)
    table["series"] = _series(runs, axes)
    figure = (_heat_maps if settings["kind"] == "map" else _curves)(table, settings)
    set_title(figure, title)
    figure.supxlabel(wrap(f"held fixed: {held_fixed(runs)}", 13 * figure.get_figwidth()), fontsize="small")
    return figure


def _series(runs: Sequence[Run], axes: Sequence[str]) -> list[str]:
    """The series of each run, named by what varies but the axes.

    Along `layers`, networks are told apart by their width, or by all widths if the layers of a network differ.
    """
    ignored = {*axes}
    widths = False
    if "layers" in axes and all(len(set(run.widths)) == 1 for run in runs):
        ignored |= {*LISTS}
        widths = len({run.widths[0] for run in runs}) > 1
    names = [
        [named(run, [key for key in keys if key not in ignored]), f"{run.widths[0]} units a layer" * widths]
        for run, keys in series_keys(runs).items()
    ]
    return [", ".join(filter(None, parts)) or "all runs" for parts in names]


def _axis_values(runs: Sequence[Run], axis: str) -> pd.Series:
    """The values of the runs on an axis: numbers, or categories in the order of the configuration if some are not."""
    values = [len(run.widths) if axis == "layers" else getattr(run, axis) for run in runs]
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        return pd.Series(values)
    texts = ["-".join(map(str, value)) if isinstance(value, tuple) else str(value) for value in values]
    texts = ["none" if value in (None, ()) else text for value, text in zip(values, texts, strict=True)]
    return pd.Series(pd.Categorical(texts, categories=list(dict.fromkeys(texts))))


def _curves(table: pd.DataFrame, settings: Mapping[str, Any]) -> Figure:
    """A panel per measurement and a line per series: the mean over the seeds, in a band from the lowest to the highest.

    Runs that diverged have no final measurement; a cross on the horizontal axis marks where there are some.
    """
    x, measurements = settings["x"], settings["values"]
    numeric = pd.api.types.is_numeric_dtype(table[x])
    names = list(dict.fromkeys(table["series"]))
    palette = sns.color_palette("viridis", len(names) + 1)[:-1]
    diverged = table[table["diverged"].notna()]
    figure = Figure(figsize=(9, 1.5 + 3 * len(measurements)), layout="constrained")
    panels = figure.subplots(len(measurements), 1, sharex=True, squeeze=False)[:, 0]
    for axes, measurement in zip(panels, measurements, strict=True):
        shared = {"data": table, "x": x, "y": measurement, "hue": "series", "hue_order": names, "ax": axes}
        shared |= {"palette": palette, "errorbar": ("pi", 100)}
        if numeric:
            sns.lineplot(**shared, style="series", style_order=names, markers=True, dashes=False)
        else:
            markers = [MARKERS[index % len(MARKERS)] for index in range(len(names))]
            sns.pointplot(**shared, dodge=0.3 if len(names) > 1 else False, linestyle="none", markers=markers)
        axes.set_ylabel(MEASUREMENTS[measurement][0])
        if len(diverged):
            places = diverged[x] if numeric else diverged[x].cat.codes
            axes.plot(places, [0] * len(places), "rx", transform=axes.get_xaxis_transform(), clip_on=False)
        if axes is panels[0]:
            add_legend(axes, fontsize="small")
        else:
            axes.get_legend().remove()
    if numeric:
        smallest, largest = table[x].min(), table[x].max()
        if smallest > 0 and largest / smallest >= LOG_SCALE_RATIO:
            panels[-1].set_xscale("log")
        elif pd.api.types.is_integer_dtype(table[x]):
            panels[-1].xaxis.set_major_locator(MaxNLocator(integer=True))
    else:
        turn_long_labels(panels[-1], list(table[x].cat.categories))
    panels[-1].set_xlabel(x.replace("_", " ") + (" (x: diverged)" if len(diverged) else ""))
    return figure


def _heat_maps(table: pd.DataFrame, settings: Mapping[str, Any]) -> Figure:
    """A row of heat maps per measurement, a map per series; means over the seeds that did not diverge.

    A cell says how many of its runs diverged; it is gray if all did.
    """
    x, y, measurements = settings["x"], settings["y"], settings["values"]
    names = list(dict.fromkeys(table["series"]))
    width = 2.5 + len(names) * max(4, 0.8 * table[x].nunique())
    height = 1.5 + len(measurements) * max(3, 0.55 * table[y].nunique())
    figure = Figure(figsize=(width, height), layout="constrained")
    panels = figure.subplots(len(measurements), len(names), sharex=True, sharey=True, squeeze=False)
    for row, measurement in zip(panels, measurements, strict=True):
        label, pattern = MEASUREMENTS[measurement]
        lowest, highest = table[measurement].min(), table[measurement].max()
        for axes, name in zip(row, names, strict=True):
            cells = table[table["series"] == name]
            mean, diverged, seeds = (
                cells.pivot_table(column, y, x, how, dropna=False, observed=False)
                for column, how in ((measurement, "mean"), ("diverged", "count"), ("run", "count"))
            )
            texts = mean.map(lambda number, pattern=pattern: "" if np.isnan(number) else pattern.format(number))
            marks = diverged.astype(int).astype(str) + "/" + seeds.astype(int).astype(str) + " div."
            axes.set_facecolor("0.8")
            sns.heatmap(
                mean,
                vmin=0 if pattern.endswith("%}") else lowest,
                vmax=highest if highest > lowest else lowest + 1,
                cmap="rocket_r",
                annot=texts.where(diverged == 0, texts + "\n" + marks),
                fmt="",
                annot_kws={"fontsize": "small"},
                linewidths=0.5,
                cbar=axes is row[-1],
                cbar_kws={"label": label},
                ax=axes,
            )
            axes.invert_yaxis()
            axes.set(xlabel=x.replace("_", " "), ylabel=y.replace("_", " "))
            axes.tick_params(axis="y", rotation=0)
    for axes, name in zip(panels[0], names, strict=True):
        axes.set_title(wrap(name, 45), fontsize="medium")
    for axes in panels.flat:
        axes.label_outer()
    return figure
