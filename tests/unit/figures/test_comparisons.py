"""Figures of the units of two runs, read back from the figures and their data."""

import numpy as np
import pandas as pd
import pytest

from dying_relu.figures import style
from dying_relu.figures.comparisons import BINS, FIGURES, backgrounds, dark_squares, figure_data, raster
from dying_relu.report import captions
from dying_relu.tables.dark_units import CAUSES


def tables(dark, inactive=None, loss=0.001) -> dict[str, pd.DataFrame]:
    """Units and batches of a run, from `[epochs, units]` of 0 and 1; unit u is active for u tenths of the images."""
    dark = np.asarray(dark)
    inactive = np.zeros_like(dark) if inactive is None else np.asarray(inactive)
    epoch, unit = np.indices(dark.shape).reshape(2, -1)
    units = pd.DataFrame({"epoch": epoch + 1, "unit": unit, "active_fraction": unit / 10, "background": 20 * unit})
    units["dark"], units["inactive"] = dark.ravel(), inactive.ravel()
    batches = pd.DataFrame({"epoch": range(1, len(dark) + 1), "batch": 1, "accuracy": 1.0, "loss": loss})
    return {"units": units, "batches": batches}


@pytest.fixture
def sides():
    left = [tables([[0, 0, 0, 0], [1, 1, 0, 0]]), tables([[0, 0, 0, 0], [1, 1, 1, 1]])]
    right = [tables([[1, 0, 0, 0], [1, 1, 0, 0]], inactive=[[1, 0, 0, 0], [0, 0, 0, 0]])] * 2
    return {"left": left, "right": right}


def test_every_kind_is_drawn():
    assert tuple(FIGURES) == captions.OF_COMPARISONS


@pytest.mark.parametrize("kind", captions.OF_COMPARISONS)
def test_a_column_for_each_run(sides, kind):
    figure = FIGURES[kind](sides, "A title")
    assert figure.get_suptitle() == "A title"
    assert [axes.get_title() for axes in figure.axes[:2]] == ["left", "right"]


def test_dark_squares_are_stacked_by_cause_as_means_over_the_seeds(sides):
    left, right = dark_squares(sides, "").axes[:2]

    def tops(axes) -> list[float]:
        """The upper end of each layer at each epoch, the lowest layer first."""
        paths = [collection.get_paths()[0].vertices for collection in axes.collections]
        return [[path[path[:, 0] == epoch][:, 1].max() for epoch in (1, 2)] for path in paths]

    # Causes: inactive, active with a loss that has vanished (all here), active with a loss.
    assert tops(left) == [[0, 0], [0, 3], [0, 3]]
    assert tops(right) == [[1, 0], [1, 2], [1, 2]]


def test_the_raster_has_units_by_activity_and_epochs_in_order():
    seed = tables(np.zeros((3, 4)), inactive=[[0, 0, 0, 0], [0, 0, 1, 0], [0, 0, 1, 0]])
    seed["units"]["active_fraction"] = [0.9, 0.1, 0.0, 0.5] * 3
    fraction, inactive = (image.get_array() for image in raster({"one": [seed], "other": [seed]}, "").axes[1].images)
    assert fraction.tolist() == [[0.0] * 3, [0.1] * 3, [0.5] * 3, [0.9] * 3]
    assert inactive.filled(0).tolist() == [[0, 1, 1], [0, 0, 0], [0, 0, 0], [0, 0, 0]]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("kind", captions.OF_COMPARISONS)
@pytest.mark.parametrize(
    "seed",
    [tables(np.ones((3, 4))), tables(np.zeros((3, 4)), loss=0.0), tables(np.ones((1, 4))), tables(np.zeros((1, 4)))],
    ids=["all dark", "no loss", "one epoch, all dark", "one epoch"],
)
def test_extremes_give_no_warning(seed, kind, tmp_path):
    figure = FIGURES[kind]({"one": [seed], "other": [seed, seed]}, "")
    for suffix in ("png", "svg"):
        style.save(figure, tmp_path / f"figure.{suffix}")


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


def test_the_legend_names_the_causes_in_the_colours_of_the_stack(sides):
    axes = dark_squares(sides, "").axes[0]
    legend = axes.get_legend()
    assert [text.get_text() for text in legend.texts] == CAUSES
    drawn = [tuple(layer.get_facecolor()[0]) for layer in axes.collections]
    assert [handle.get_facecolor() for handle in legend.legend_handles] == drawn
    assert len(set(drawn)) == 3


def test_extents_and_levels(sides):
    background = backgrounds(sides, "").axes[0]
    assert tuple(background.images[0].get_extent()) == (0.5, 2.5, 0, 255)
    assert [line.get_ydata()[0] for line in background.lines] == [64, 191]
    for image in raster(sides, "").axes[0].images:
        assert tuple(image.get_extent()) == (0.5, 2.5, -0.5, 3.5)


def test_backgrounds_count_all_seeds_and_the_raster_shows_the_first():
    # A third square is dark, and in the second epoch all are.
    one, other = tables([[0, 0, 1], [1, 1, 1]]), tables([[0, 0, 1], [1, 1, 1]])
    one["units"]["background"] = [0, 0, 250] * 2
    other["units"]["background"] = [0, 250, 250] * 2
    other["units"]["active_fraction"] = 1.0
    pair = {"one": [one, other], "other": [other, one]}
    for axes in backgrounds(pair, "").axes[:2]:
        shares = axes.images[0].get_array().filled(np.nan)
        assert (shares[0, 0], shares[-1, 0]) == (0.75, 0.25)
        assert np.isnan(shares[:, 1]).all()
    left, right = (axes.images[0].get_array()[:, 0].tolist() for axes in raster(pair, "").axes[:2])
    assert (left, right) == ([0, 0.1, 0.2], [1, 1, 1])


@pytest.fixture
def two_seeds() -> dict:
    """A run of two seeds: two epochs of three units, of which one is dark, and inactive in the second epoch."""
    seed = tables([[0, 0, 1], [0, 0, 1]], inactive=[[0, 0, 0], [0, 0, 1]])
    seed["units"]["background"] = [0.0, 250.0, 9.0, 100.0, 101.0, 9.0]
    seed["units"]["layer"] = 1
    batches = pd.DataFrame({"epoch": [1, 1, 2], "batch": [1, 2, 1], "accuracy": [0.5, 1.0, 1.0]})
    return {"a run": [seed | {"batches": batches.assign(loss=[9.0, loss, 3.0])} for loss in (0.001, 1.0)]}


def test_data_of_backgrounds(two_seeds):
    table = figure_data("backgrounds", two_seeds)
    assert len(table) == 2 * BINS
    assert table.groupby("epoch")["share"].sum().tolist() == pytest.approx([1, 1])
    first, second = (table.query(f"epoch == {epoch} and share > 0") for epoch in (1, 2))
    assert first["share"].tolist() == [0.5, 0.5]
    assert first["background_from"].iloc[0] == 0
    assert first["background_to"].iloc[1] == 255
    ((low, high),) = second[["background_from", "background_to"]].to_numpy()
    assert low <= 100 < 101 < high


def test_data_of_dark_squares(two_seeds):
    table = figure_data("darkness", two_seeds)
    assert list(table.columns[:2]) == ["run", "epoch"]
    # In the first epoch the loss of the frame's mini-batch has vanished for one seed of two.
    assert table.drop(columns=["run", "epoch"]).to_numpy() == pytest.approx(
        np.array([[0, 0.5, 0.5, 0.001, 1], [1, 0, 0, 3, 3]])
    )


def test_data_of_the_raster(two_seeds):
    table = figure_data("raster", two_seeds)
    assert set(table["run"]) == {"a run"}
    assert table["active_fraction"].tolist() == [0, 0.1, 0.2] * 2
    assert table["inactive"].tolist() == [0, 0, 0, 0, 0, 1]
