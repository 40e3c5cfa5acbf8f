"""Figures of what the hidden units of two runs do, side by side: a column for each run.

`sides` maps what a run is called to the tables of all its seeds, as docs/output.md describes them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import ListedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from dying_relu.figures.style import EPOCH_TICKS, sns
from dying_relu.measurements.dw import FULL_SCALE, MID_GRAY
from dying_relu.tables.dark_units import CAUSES, causes_of_dark_units

Sides = Mapping[str, Sequence[Mapping[str, pd.DataFrame]]]
BINS = 32


def backgrounds(sides: Sides, title: str) -> Figure:
    """The distribution of background brightness over the squares that are not dark, for every epoch, all seeds."""
    figure, axes = _columns(title, 1)
    color = ScalarMappable(Normalize(0, 0.5), "magma")
    for ax, tables in _measured(axes[0], sides):
        shares = _background_shares(tables)
        last = shares.shape[1]
        ax.imshow(
            shares,
            origin="lower",
            aspect="auto",
            extent=(0.5, last + 0.5, 0, FULL_SCALE),
            norm=color.norm,
            cmap=color.cmap,
        )
        for level in MID_GRAY:
            ax.axhline(level, color="white", linestyle="--", linewidth=1)
        ax.grid(visible=False)
    figure.colorbar(color, ax=axes, label=f"share of squares per {FULL_SCALE / BINS:.0f} levels (at most 0.5 shown)")
    axes[0][0].set_ylabel("background: 0 black, 255 white")
    return _finished(figure, axes, sides)


def darkness(sides: Sides, title: str) -> Figure:
    """Dark squares of every epoch by cause (upper row, mean over the seeds), and the loss of the mini-batch that each
    frame shows (lower row, a point per seed). The causes are those of `darkness`."""
    figure, axes = _columns(title, 2)
    colors = dict(zip(CAUSES, (sns.color_palette("colorblind")[index] for index in (3, 7, 1)), strict=True))
    for (upper, lower), tables in _measured(zip(*axes, strict=True), sides):
        mean = _mean_causes(tables)
        upper.stackplot(mean.index, mean.T, labels=CAUSES, colors=colors.values(), step="mid", linewidth=0)
        for seed in tables:
            loss = _loss_of_frames(seed)
            lower.plot(loss.index, loss.clip(lower=1e-9), ".", color="black", markersize=4)
        lower.set_yscale("log")
    axes[0][0].set_ylabel("dark squares")
    axes[0][0].legend(title="dark squares of", loc="upper left")
    axes[1][0].set_ylabel("loss of the frame's mini-batch (nats)")
    return _finished(figure, axes, sides)


def raster(sides: Sides, title: str) -> Figure:
    """A row per unit and a column per epoch, coloured by active fraction; inactive in red. The first seed only.

    Units are sorted by their mean active fraction, so that silent ones lie at the bottom.
    """
    figure, axes = _columns(title, 1)
    color = ScalarMappable(Normalize(0, 1), "viridis")
    for ax, tables in _measured(axes[0], sides):
        units = tables[0]["units"]
        fraction, inactive = (_by_unit(units, column) for column in ("active_fraction", "inactive"))
        order = np.argsort(fraction.mean(axis=1), kind="stable")
        extent = (0.5, fraction.shape[1] + 0.5, -0.5, len(order) - 0.5)
        shown = {"origin": "lower", "aspect": "auto", "interpolation": "nearest", "extent": extent}
        ax.imshow(fraction[order], norm=color.norm, cmap=color.cmap, **shown)
        silent = np.ma.masked_equal(inactive[order], 0)
        ax.imshow(silent, cmap=ListedColormap(["red"]), **shown)
        ax.grid(visible=False)
    figure.colorbar(color, ax=axes, label="active fraction (red: above 0 for no training image)")
    axes[0][0].set_ylabel("hidden units, by mean active fraction")
    return _finished(figure, axes, sides)


def _measured(columns: Iterable[Any], sides: Sides) -> Iterator[tuple[Any, list[Mapping[str, pd.DataFrame]]]]:
    """The axes of each side, and the tables of its seeds but those that diverged in their first epoch.

    Where nothing is left of a side, its axes say so, and it is left out.
    """
    for axes, tables in zip(columns, sides.values(), strict=True):
        if measured := [seed for seed in tables if len(seed["units"])]:
            yield axes, measured
        else:
            first = axes[0] if isinstance(axes, tuple) else axes
            first.text(0.5, 0.5, "diverged in the first epoch", ha="center", transform=first.transAxes)


def _background_shares(tables: Sequence[Mapping[str, pd.DataFrame]]) -> np.ndarray:
    """The share of the squares that are not dark, by brightness of the background, `[BINS, epochs]`."""
    lit = pd.concat([seed["units"] for seed in tables]).query("dark == 0")
    last = int(tables[0]["units"]["epoch"].max())
    counts, _, _ = np.histogram2d(
        lit["background"], lit["epoch"], bins=[np.linspace(0, FULL_SCALE, BINS + 1), np.arange(0.5, last + 1)]
    )
    with np.errstate(invalid="ignore"):  # an epoch in which all squares are dark has no distribution
        return counts / counts.sum(axis=0)


def _mean_causes(tables: Sequence[Mapping[str, pd.DataFrame]]) -> pd.DataFrame:
    counts = pd.concat([causes_of_dark_units(seed["units"], seed["batches"]) for seed in tables])
    return counts.groupby("epoch").mean()


def _loss_of_frames(seed: Mapping[str, pd.DataFrame]) -> pd.Series:
    """The loss of the mini-batch that each epoch's frame shows, which is its last."""
    return seed["batches"].groupby("epoch")["loss"].last()


def _by_unit(units: pd.DataFrame, column: str) -> np.ndarray:
    """A column of `units.csv.gz` as `[units, epochs]`."""
    return units[column].to_numpy().reshape(units["epoch"].nunique(), -1).T


def _columns(title: str, rows: int) -> tuple[Figure, Sequence[Sequence[Axes]]]:
    figure = Figure(figsize=(11, 1.5 + 3.5 * rows), layout="constrained")
    figure.suptitle(title, fontweight="bold", parse_math=False)
    return figure, figure.subplots(rows, 2, sharex="col", sharey="row", squeeze=False)


def _finished(figure: Figure, axes: Sequence[Sequence[Axes]], sides: Sides) -> Figure:
    for ax, label in zip(axes[0], sides, strict=True):
        ax.set_title(label, fontsize="medium")
    for ax in axes[-1]:
        ax.set_xlabel("epoch")
        ax.xaxis.set_major_locator(MaxNLocator(**EPOCH_TICKS))
    return figure


def backgrounds_table(tables: Sequence[Mapping[str, pd.DataFrame]]) -> pd.DataFrame:
    """What `backgrounds` shows of a run: the share of squares whose background lies between two brightnesses."""
    shares = _background_shares(tables)
    edges = np.linspace(0, FULL_SCALE, BINS + 1)
    epochs = shares.shape[1]
    return pd.DataFrame(
        {
            "epoch": np.repeat(np.arange(1, epochs + 1), BINS),
            "background_from": np.tile(edges[:-1], epochs),
            "background_to": np.tile(edges[1:], epochs),
            "share": shares.T.ravel(),
        }
    )


def darkness_table(tables: Sequence[Mapping[str, pd.DataFrame]]) -> pd.DataFrame:
    """What `darkness` shows of a run: dark squares by cause, and of each seed the loss of the frame's mini-batch."""
    losses = {f"loss_{number}": _loss_of_frames(seed) for number, seed in enumerate(tables, 1)}
    return _mean_causes(tables).assign(**losses).reset_index()


def raster_table(tables: Sequence[Mapping[str, pd.DataFrame]]) -> pd.DataFrame:
    """What `raster` shows of a run."""
    return tables[0]["units"][["epoch", "layer", "unit", "active_fraction", "inactive"]]


FIGURES = {"backgrounds": backgrounds, "darkness": darkness, "raster": raster}
TABLES = {"backgrounds": backgrounds_table, "darkness": darkness_table, "raster": raster_table}


def data(kind: str, sides: Sides) -> pd.DataFrame:
    """What a kind of figure shows, as a table: the rows of all runs, with what they are called."""
    tables = [TABLES[kind](tables).assign(run=label) for label, tables in sides.items()]
    together = pd.concat(tables, ignore_index=True)
    return together[["run", *together.columns.drop("run")]]
