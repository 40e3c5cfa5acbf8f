"""Figures of the units of two runs, read back from the figures and their data."""

import numpy as np
import pandas as pd
import pytest

from dying_relu.figures import style
from dying_relu.figures.comparisons import FIGURES, backgrounds, dark_squares, figure_data, raster
from dying_relu.tables.dark_units import CAUSES


def tables(dark, inactive=None, loss=0.001) -> dict[str, pd.DataFrame]:
    """Units and batches of a run, from `[epochs, units]` of 0 and 1; unit u is active for u tenths of the images."""
    dark = np.asarray(dark)
    inactive = np.zeros_like(dark) if inactive is None else np.asarray(inactive)
    epoch, unit = np.indices(dark.shape).reshape(2, -1)
    units = pd.DataFrame({"epoch": epoch + 1, "unit": unit, "active_fraction": unit / 10, "background": 20 * unit})
    units["layer"] = 1
    units["dark"], units["inactive"] = dark.ravel(), inactive.ravel()
    batches = pd.DataFrame({"epoch": range(1, len(dark) + 1), "batch": 1, "accuracy": 1.0, "loss": loss})
    return {"units": units, "batches": batches}


@pytest.fixture
def sides():
    left = [tables([[0, 0, 0, 0], [1, 1, 0, 0]]), tables([[0, 0, 0, 0], [1, 1, 1, 1]])]
    right = [tables([[1, 0, 0, 0], [1, 1, 0, 0]], inactive=[[1, 0, 0, 0], [0, 0, 0, 0]], loss=1.0)] * 2
    return {"left": left, "right": right}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("kind", FIGURES)
@pytest.mark.parametrize(
    "seed",
    [tables(np.ones((3, 4))), tables(np.zeros((3, 4)), loss=0.0), tables(np.ones((1, 4))), tables(np.zeros((1, 4)))],
    ids=["all dark", "no loss", "one epoch, all dark", "one epoch"],
)
def test_extremes_give_no_warning(seed, kind, tmp_path):
    figure = FIGURES[kind]({"one": [seed], "other": [seed, seed]}, "A title")
    assert figure.get_suptitle() == "A title"
    assert [axes.get_title() for axes in figure.axes[:2]] == ["one", "other"]
    for suffix in ("png", "svg"):
        style.save(figure, tmp_path / f"figure.{suffix}")


def test_dark_squares_are_stacked_by_cause_as_means_over_the_seeds(sides):
    left, right = dark_squares(sides, "").axes[:2]

    def tops(axes) -> list[float]:
        """The upper end of each layer at each epoch, the lowest layer first."""
        paths = [collection.get_paths()[0].vertices for collection in axes.collections]
        return [[path[path[:, 0] == epoch][:, 1].max() for epoch in (1, 2)] for path in paths]

    # Causes: inactive, active with a loss that has vanished (all on the left), active with a loss.
    assert tops(left) == [[0, 0], [0, 3], [0, 3]]
    assert tops(right) == [[1, 0], [1, 0], [1, 2]]
    legend = left.get_legend()
    assert [text.get_text() for text in legend.texts] == CAUSES
    drawn = [tuple(layer.get_facecolor()[0]) for layer in left.collections]
    assert [handle.get_facecolor() for handle in legend.legend_handles] == drawn
    assert len(set(drawn)) == 3
    data = figure_data("darkness", sides)
    assert list(data) == ["run", "epoch", *CAUSES, "loss_1", "loss_2"]
    assert data[["run", *CAUSES]].to_numpy().tolist() == [
        ["left", 0, 0, 0],
        ["left", 0, 3, 0],
        ["right", 1, 0, 0],
        ["right", 0, 0, 2],
    ]


def test_the_loss_of_the_frame_is_that_of_the_last_mini_batch_of_each_epoch(sides):
    for index, run in enumerate(sides["left"]):
        first = run["batches"]
        last = first.assign(batch=2, loss=[0.2 + index, 0.0])
        run["batches"] = pd.concat([first, last]).sort_values(["epoch", "batch"], ignore_index=True)
    lower = dark_squares(sides, "").axes[2]
    assert [line.get_xdata().tolist() for line in lower.lines] == [[1, 2], [1, 2]]  # a point per seed
    # A loss of exactly 0 has no place on the logarithmic axis; it is drawn at its foot.
    assert [line.get_ydata().tolist() for line in lower.lines] == [[0.2, 1e-9], [1.2, 1e-9]]
    assert lower.get_yscale() == "log"
    assert figure_data("darkness", sides).query("run == 'left'")["loss_2"].tolist() == [1.2, 0]


def test_the_raster_has_units_of_the_first_seed_by_activity_and_epochs_in_order(sides):
    seed = tables(np.zeros((3, 4)), inactive=[[0, 0, 0, 0], [0, 0, 1, 0], [0, 0, 1, 0]])
    seed["units"]["active_fraction"] = [0.9, 0.1, 0.0, 0.5] * 3
    sides["right"] = [seed, *sides["left"]]
    images = raster(sides, "").axes[1].images
    fraction, inactive = (image.get_array() for image in images)
    assert fraction.tolist() == [[0.0] * 3, [0.1] * 3, [0.5] * 3, [0.9] * 3]
    assert inactive.filled(0).tolist() == [[0, 1, 1], [0, 0, 0], [0, 0, 0], [0, 0, 0]]
    assert [tuple(image.get_extent()) for image in images] == [(0.5, 3.5, -0.5, 3.5)] * 2
    data = figure_data("raster", sides).query("run == 'right'").drop(columns="run").reset_index(drop=True)
    assert data.equals(seed["units"][["epoch", "layer", "unit", "active_fraction", "inactive"]])


def test_backgrounds_count_the_squares_of_all_seeds_that_are_not_dark():
    # A third square is dark, and in the second epoch all are.
    one, other = tables([[0, 0, 1], [1, 1, 1]]), tables([[0, 0, 1], [1, 1, 1]])
    one["units"]["background"] = [0, 0, 250] * 2
    other["units"]["background"] = [0, 250, 250] * 2
    pair = {"one": [one, other], "other": [other, one]}
    for axes in backgrounds(pair, "").axes[:2]:
        shares = axes.images[0].get_array().filled(np.nan)
        assert (shares[0, 0], shares[-1, 0]) == (0.75, 0.25)
        assert np.isnan(shares[:, 1]).all()
        assert tuple(axes.images[0].get_extent()) == (0.5, 2.5, 0, 255)
        assert [line.get_ydata()[0] for line in axes.lines] == [64, 191]
    data = figure_data("backgrounds", pair).query("run == 'one'")
    assert data[data["share"] > 0].to_numpy().tolist() == [
        ["one", 1, 0, 255 / 32, 0.75],
        ["one", 1, 255 - 255 / 32, 255, 0.25],
    ]
    assert data["share"].isna().tolist() == [False] * 32 + [True] * 32
