"""Figures of the hidden units of two runs, a column for each run, and the data that they show."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import ListedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from dying_relu.figures.style import EPOCH_TICKS, set_title, sns, wrap
from dying_relu.measurements.dw import FULL_SCALE, MID_GRAY
from dying_relu.tables.dark_units import CAUSES, causes_of_dark_units

BINS = 32
EDGES = np.linspace(0, FULL_SCALE, BINS + 1)

UnitTables = Mapping[str, pd.DataFrame]  # of one seed: `units`, its `units.csv.gz`, and `batches`, its `batches.csv.gz`
Seeds = Sequence[UnitTables]
Sides = Mapping[str, Seeds]  # the two runs, by their label, with all seeds


def backgrounds(sides: Sides, title: str) -> Figure:
    """How bright the background is in every epoch: a distribution over the squares of all seeds that are not dark."""
    figure, columns = _figure(sides, title, rows=1)
    color = ScalarMappable(Normalize(0, 0.5), "magma")
    for (axes,), seeds in _with_epochs(columns, sides):
        shares = _background_shares(seeds)
        extent = (0.5, shares.shape[1] + 0.5, 0, FULL_SCALE)
        axes.imshow(shares, origin="lower", aspect="auto", extent=extent, norm=color.norm, cmap=color.cmap)
        for level in MID_GRAY:
            axes.axhline(level, color="white", linestyle="--", linewidth=1)
        axes.grid(visible=False)
    label = f"share of squares per {FULL_SCALE / BINS:.0f} levels (at most 0.5 shown)"
    figure.colorbar(color, ax=figure.axes, label=label)
    columns[0][0].set_ylabel("background: 0 black, 255 white")
    return figure


def dark_squares(sides: Sides, title: str) -> Figure:
    """Dark squares by cause in every epoch (upper row, mean over the seeds), and the loss of the mini-batch that the
    frame shows (lower row, a point per seed)."""
    figure, columns = _figure(sides, title, rows=2)
    colors = [sns.color_palette("colorblind")[index] for index in (3, 7, 1)]
    for (upper, lower), seeds in _with_epochs(columns, sides):
        mean = _mean_causes(seeds)
        upper.stackplot(mean.index, mean.T, labels=CAUSES, colors=colors, step="mid", linewidth=0)
        for seed in seeds:
            loss = _loss_of_frames(seed)
            lower.plot(loss.index, loss.clip(lower=1e-9), ".", color="black", markersize=4)
        lower.set_yscale("log")
    upper, lower = columns[0]
    upper.set_ylabel("dark squares")
    upper.legend(title="dark squares of", loc="upper left")
    lower.set_ylabel("loss of the frame's mini-batch (nats)")
    return figure


def raster(sides: Sides, title: str) -> Figure:
    """A row per unit and a column per epoch, coloured by active fraction, red where inactive; the first seed only.

    Units are sorted by their mean active fraction, so that inactive ones lie at the bottom.
    """
    figure, columns = _figure(sides, title, rows=1)
    color = ScalarMappable(Normalize(0, 1), "viridis")
    for (axes,), seeds in _with_epochs(columns, sides):
        fraction, inactive = (_by_unit(seeds[0]["units"], column) for column in ("active_fraction", "inactive"))
        order = np.argsort(fraction.mean(axis=1), kind="stable")
        extent = (0.5, fraction.shape[1] + 0.5, -0.5, len(order) - 0.5)
        image = {"origin": "lower", "aspect": "auto", "interpolation": "nearest", "extent": extent}
        axes.imshow(fraction[order], norm=color.norm, cmap=color.cmap, **image)
        axes.imshow(np.ma.masked_equal(inactive[order], 0), cmap=ListedColormap(["red"]), **image)
        axes.grid(visible=False)
    figure.colorbar(color, ax=figure.axes, label="active fraction (red: above 0 for no training image)")
    columns[0][0].set_ylabel("hidden units, by mean active fraction")
    return figure


def backgrounds_data(seeds: Seeds) -> pd.DataFrame:
    """The data of `backgrounds`: in every epoch, the share of squares whose background lies in each bin."""
    shares = _background_shares(seeds)
    epochs = shares.shape[1]
    return pd.DataFrame(
        {
            "epoch": np.repeat(np.arange(1, epochs + 1), BINS),
            "background_from": np.tile(EDGES[:-1], epochs),
            "background_to": np.tile(EDGES[1:], epochs),
            "share": shares.T.ravel(),
        }
    )


def dark_squares_data(seeds: Seeds) -> pd.DataFrame:
    """The data of `dark_squares`: in every epoch, dark squares by cause, and for each seed the frame's loss."""
    losses = {f"loss_{number}": _loss_of_frames(seed) for number, seed in enumerate(seeds, 1)}
    return _mean_causes(seeds).assign(**losses).reset_index()


def raster_data(seeds: Seeds) -> pd.DataFrame:
    """The data of `raster`: a row per epoch and unit of the first seed."""
    return seeds[0]["units"][["epoch", "layer", "unit", "active_fraction", "inactive"]]


FIGURES = {"backgrounds": backgrounds, "darkness": dark_squares, "raster": raster}
FIGURE_DATA = {"backgrounds": backgrounds_data, "darkness": dark_squares_data, "raster": raster_data}


def figure_data(kind: str, sides: Sides) -> pd.DataFrame:
    """The data of a kind of figure: the rows of both runs, with the label of the run in the first column."""
    data = pd.concat([FIGURE_DATA[kind](seeds).assign(run=label) for label, seeds in sides.items()], ignore_index=True)
    return data[["run", *data.columns.drop("run")]]


def _figure(sides: Sides, title: str, rows: int) -> tuple[Figure, Sequence[Sequence[Axes]]]:
    """A figure with a labelled column of axes for each side; returns the columns, too."""
    figure = Figure(figsize=(11, 1.5 + 3.5 * rows), layout="constrained")
    set_title(figure, title)
    columns = figure.subplots(rows, 2, sharex="col", sharey="row", squeeze=False).T
    for axes, label in zip(columns, sides, strict=True):
        axes[0].set_title(wrap(label, 52), fontsize="medium")
        axes[-1].set_xlabel("epoch")
        axes[-1].xaxis.set_major_locator(MaxNLocator(**EPOCH_TICKS))
    return figure, columns


def _with_epochs(columns: Sequence[Sequence[Axes]], sides: Sides) -> Iterator[tuple[Sequence[Axes], Seeds]]:
    """The axes of each side, and its seeds that completed an epoch; a side without such a seed says so instead."""
    for axes, tables in zip(columns, sides.values(), strict=True):
        if seeds := [seed for seed in tables if len(seed["units"])]:
            yield axes, seeds
        else:
            axes[0].text(0.5, 0.5, "diverged in the first epoch", ha="center", transform=axes[0].transAxes)


def _background_shares(seeds: Seeds) -> np.ndarray:
    """The share of the squares that are not dark by the brightness of their background, `[BINS, epochs]`.

    NaN in an epoch in which all squares are dark.
    """
    lit = pd.concat([seed["units"] for seed in seeds]).query("dark == 0")
    epochs = int(seeds[0]["units"]["epoch"].max())
    counts, _, _ = np.histogram2d(lit["background"], lit["epoch"], bins=[EDGES, np.arange(0.5, epochs + 1)])
    with np.errstate(invalid="ignore"):
        return counts / counts.sum(axis=0)


def _mean_causes(seeds: Seeds) -> pd.DataFrame:
    counts = pd.concat([causes_of_dark_units(seed["units"], seed["batches"]) for seed in seeds])
    return counts.groupby("epoch").mean()


def _loss_of_frames(seed: UnitTables) -> pd.Series:
    """The loss of the mini-batch that each epoch's frame shows, its last one."""
    return seed["batches"].groupby("epoch")["loss"].last()


def _by_unit(units: pd.DataFrame, column: str) -> np.ndarray:
    """A column of `units.csv.gz` as `[units, epochs]`."""
    return units[column].to_numpy().reshape(units["epoch"].nunique(), -1).T
