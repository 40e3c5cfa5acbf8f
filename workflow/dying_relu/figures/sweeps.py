"""Figures of many runs: what they arrive at, against the parameters that vary."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from dying_relu.configuration.labels import held_fixed, named, varied
from dying_relu.configuration.run import LISTS, Run
from dying_relu.figures.style import sns

# The values of an outcome, as axes name them, and how a number of them is written.
VALUES = {
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
MARKERS = "osD^v<>pPX*h"
WIDE = 20  # the ratio of largest to smallest value from which an axis is logarithmic


def draw_sweep(outcomes: pd.DataFrame, runs: Sequence[Run], figure: Mapping[str, Any], title: str) -> Figure:
    """The summary figure of an experiment that is not drawn as curves.

    `outcomes` is its `outcomes/<experiment>.csv`, `figure` what the configuration says of it.
    """
    table = outcomes.set_index("run").loc[[run.name for run in runs]].reset_index()
    for axis in {figure["x"], figure["y"]} - {None}:
        table[axis] = [_value(run, axis) for run in runs]
    table["series"] = _series(runs, {figure["x"], figure["y"]})
    drawn = _map(table, figure) if figure["kind"] == "map" else _final(table, figure)
    drawn.suptitle(title, fontweight="bold", parse_math=False)
    drawn.supxlabel(f"held fixed: {held_fixed(runs)}", fontsize="small")
    return drawn


def _series(runs: Sequence[Run], axes: set[str | None]) -> list[str]:
    """What the runs are called by all that varies but the axes. Of networks along `layers`, by their width."""
    keys = [key for key in varied(runs) if key not in axes and not (key in LISTS and "layers" in axes)]
    widths = "layers" in axes and len({run.widths[0] for run in runs}) > 1
    return [
        ", ".join(filter(None, [named(run, keys), f"{run.widths[0]} units a layer" * widths])) or "all runs"
        for run in runs
    ]


def _value(run: Run, axis: str) -> Any:
    if axis == "layers":
        return len(run.widths)
    value = getattr(run, axis)
    return "-".join(map(str, value)) or "none" if isinstance(value, tuple) else value


def _final(table: pd.DataFrame, figure: Mapping[str, Any]) -> Figure:
    """A panel per value, a line per series: mean over the seeds, and a band from the lowest to the highest.

    Runs that diverged have no value; a cross on the horizontal axis marks where there are some.
    """
    x, values = figure["x"], figure["values"]
    numeric = pd.api.types.is_numeric_dtype(table[x]) and not pd.api.types.is_bool_dtype(table[x])
    if not numeric:
        table = table.assign(**{x: table[x].astype(str)})
    names = list(dict.fromkeys(table["series"]))
    drawn = Figure(figsize=(9, 1.5 + 3 * len(values)), layout="constrained")
    panels = drawn.subplots(len(values), 1, sharex=True, squeeze=False)[:, 0]
    for axes, value in zip(panels, values, strict=True):
        shared = {"data": table, "x": x, "y": value, "hue": "series", "hue_order": names, "ax": axes}
        shared |= {"palette": sns.color_palette("viridis", len(names) + 1)[:-1], "errorbar": ("pi", 100)}
        if numeric:
            sns.lineplot(**shared, style="series", style_order=names, markers=True, dashes=False)
        else:
            marks = [MARKERS[index % len(MARKERS)] for index in range(len(names))]
            sns.pointplot(**shared, dodge=0.3 if len(names) > 1 else False, linestyle="none", markers=marks)
        axes.set_ylabel(VALUES[value][0])
        diverged = table[table["diverged"].notna()]
        if len(diverged):
            order = list(dict.fromkeys(table[x]))  # in which seaborn lines up what is no number
            places = diverged[x] if numeric else diverged[x].map(order.index)
            axes.plot(places, [0] * len(places), "rx", transform=axes.get_xaxis_transform(), clip_on=False)
        if axes is panels[0]:
            axes.legend(title=None, fontsize="small")
        else:
            axes.get_legend().remove()
    if numeric:
        _horizontal(panels[-1], table[x])
    panels[-1].set_xlabel(x.replace("_", " ") + (" (x: diverged)" if table["diverged"].notna().any() else ""))
    return drawn


def _horizontal(axes: Axes, values: pd.Series) -> None:
    if values.min() > 0 and values.max() / values.min() >= WIDE:
        axes.set_xscale("log")
    elif pd.api.types.is_integer_dtype(values):
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))


def _map(table: pd.DataFrame, figure: Mapping[str, Any]) -> Figure:
    """A row of heat maps per value, one for each series; means over the seeds that did not diverge.

    A cell in which runs diverged says how many of how many; where all did, it is gray.
    """
    x, y, values = figure["x"], figure["y"], figure["values"]
    names = list(dict.fromkeys(table["series"]))
    wide, high = table[x].nunique(), table[y].nunique()
    drawn = Figure(
        figsize=(2.5 + len(names) * max(4, 0.8 * wide), 1.5 + len(values) * max(3, 0.55 * high)), layout="constrained"
    )
    panels = drawn.subplots(len(values), len(names), sharex=True, sharey=True, squeeze=False)
    for row, value in zip(panels, values, strict=True):
        label, pattern = VALUES[value]
        lowest, highest = table[value].min(), table[value].max()
        for axes, name in zip(row, names, strict=True):
            cells = table[table["series"] == name]
            mean, lost, seeds = (
                cells.pivot_table(column, y, x, how, dropna=False)
                for column, how in ((value, "mean"), ("diverged", "count"), ("run", "count"))
            )
            texts = mean.map(lambda number, pattern=pattern: "" if np.isnan(number) else pattern.format(number))
            marks = lost.astype(int).astype(str) + "/" + seeds.astype(int).astype(str) + " div."
            texts = texts.where(lost == 0, texts + "\n" + marks)
            axes.set_facecolor("0.8")
            sns.heatmap(
                mean,
                vmin=0 if pattern.endswith("%}") else lowest,
                vmax=highest if highest > lowest else lowest + 1,
                cmap="rocket_r",
                annot=texts,
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
        axes.set_title(name, fontsize="medium")
    for axes in panels.flat:
        axes.label_outer()
    return drawn
