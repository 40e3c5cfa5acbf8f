"""Figures of a multiverse: which claims hold in which worlds, and the specification curve of a claim."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dying_relu.claims.robustness import AXES
from dying_relu.claims.words import NOT_TESTED, holds
from dying_relu.figures.style import set_title, sns

COLORS = {True: "C0", False: "C3", None: "C7"}
WORDS = {True: "holds", False: "does not hold", None: "undecided"}


def matrix(table: pd.DataFrame, worlds: Mapping[str, str]) -> Figure:
    """A row per claim and a column per world: the share of free choices under which the claim holds there.

    `table` is `multiverse.csv`, `worlds` the title of each world. Empty where the claim was not tested.
    """
    tested = table[table["verdict"] != NOT_TESTED].copy()
    tested["holds"] = tested["verdict"].map(holds) == True  # noqa: E712 (None is not True)
    cells = {"index": "claim", "columns": "world", "values": "holds", "sort": False}
    shape = {"index": table["claim"].unique(), "columns": table["world"].unique()}
    shares = tested.pivot_table(**cells).reindex(**shape)
    counts = tested.pivot_table(**cells, aggfunc=lambda own: f"{own.sum()} of {len(own)}").reindex(**shape).fillna("")
    figure = Figure(figsize=(3.5 + 1.1 * len(shares.columns), 1.5 + 0.4 * len(shares)), layout="constrained")
    axes = figure.subplots()
    sns.heatmap(shares, vmin=0, vmax=1, cmap="crest", annot=counts, fmt="", linewidths=1, ax=axes, cbar=False)
    axes.grid(visible=False)  # it would show where a cell is empty
    admissible = table.groupby("world")["admissible"].first()
    titles = [worlds.get(name, name) + ("" if admissible[name] else " (not admissible)") for name in shares.columns]
    axes.set_xticks(axes.get_xticks(), titles, rotation=30, ha="right")
    axes.set(xlabel=None, ylabel=None)
    set_title(figure, "Specifications under which each claim holds")
    return figure


def specification_curve(rows: pd.DataFrame, title: str) -> Figure:
    """The measured value of a claim under every specification, lowest first, with its interval and verdict.

    Below, a mark for what each specification chose, for the choices that vary.
    """
    rows = rows[rows["verdict"] != NOT_TESTED].sort_values("measured", kind="stable").reset_index(drop=True)
    values = {axis: rows[axis].dropna().unique() for axis in AXES}
    choices = [(axis, value) for axis in AXES for value in values[axis] if len(values[axis]) > 1]
    heights = [3, 0.3 + 0.22 * len(choices)]
    figure = Figure(figsize=(9, 1 + sum(heights)), layout="constrained")
    curve, chosen = figure.subplots(2, sharex=True, height_ratios=heights)
    for answer, word in WORDS.items():
        own = rows[[holds(verdict) is answer for verdict in rows["verdict"]]]
        if len(own):
            error = [own["measured"] - own["low"], own["high"] - own["measured"]]
            curve.errorbar(own.index, own["measured"], error, fmt="o", markersize=4, color=COLORS[answer], label=word)
    curve.set_ylabel("measured, a fraction of 1")
    if len(rows):
        curve.legend()
    _draw_choices(chosen, rows, choices)
    set_title(figure, title)
    return figure


def _draw_choices(axes: Axes, rows: pd.DataFrame, choices: list[tuple[str, str]]) -> None:
    for height, (axis, value) in enumerate(choices):
        places = rows.index[rows[axis] == value]
        axes.plot(places, [height] * len(places), "|", color="black", markersize=6)
    axes.set_yticks(range(len(choices)), [f"{axis}: {value}" for axis, value in choices], fontsize="x-small")
    axes.invert_yaxis()
    axes.set_xlabel("specifications, by measured value")
