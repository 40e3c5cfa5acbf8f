"""What the figures of experiments and of units show, read back from the figures."""

import numpy as np
import pandas as pd
import pytest

from dying_relu import captions, figures, unit_figures
from helpers import make_run


def tables(dark, inactive=None, loss=0.001) -> dict[str, pd.DataFrame]:
    """Units and batches of a run, from `[epochs, units]` of 0 and 1; unit u is active for u tenths of the images."""
    dark = np.asarray(dark)
    epochs, count = dark.shape
    inactive = np.zeros_like(dark) if inactive is None else np.asarray(inactive)
    units = pd.DataFrame(
        {"epoch": np.repeat(np.arange(1, epochs + 1), count), "unit": np.tile(np.arange(count), epochs)}
    )
    units = units.assign(dark=dark.ravel(), inactive=inactive.ravel(), active_fraction=units["unit"] / 10)
    units["background"] = 20 * units["unit"]
    batches = pd.DataFrame({"epoch": range(1, epochs + 1), "batch": 1, "accuracy": 1.0, "loss": loss})
    return {"units": units, "batches": batches}


@pytest.fixture
def sides():
    left = [tables([[0, 0, 0, 0], [1, 1, 0, 0]]), tables([[0, 0, 0, 0], [1, 1, 1, 1]])]
    right = [tables([[1, 0, 0, 0], [1, 1, 0, 0]], inactive=[[1, 0, 0, 0], [0, 0, 0, 0]])] * 2
    return {"left": left, "right": right}


def test_every_kind_is_drawn():
    assert tuple(unit_figures.FIGURES) == captions.OF_COMPARISONS
    assert set(figures.FIGURES) == set(captions.OF_EXPERIMENTS)


@pytest.mark.parametrize("kind", captions.OF_COMPARISONS)
def test_a_column_for_each_run(sides, kind):
    figure = unit_figures.FIGURES[kind](sides, "A title")
    assert figure.get_suptitle() == "A title"
    assert [axes.get_title() for axes in figure.axes[:2]] == ["left", "right"]


def test_dark_squares_are_stacked_by_cause_as_means_over_the_seeds(sides):
    left, right = unit_figures.darkness(sides, "").axes[:2]

    def tops(axes) -> list[float]:
        """The upper end of each layer at each epoch, the lowest layer first."""
        paths = [collection.get_paths()[0].vertices for collection in axes.collections]
        return [[path[path[:, 0] == epoch][:, 1].max() for epoch in (1, 2)] for path in paths]

    # Causes: inactive, active with a loss that has vanished (all here), active with a loss.
    assert tops(left) == [[0, 0], [0, 3], [0, 3]]
    assert tops(right) == [[1, 0], [1, 2], [1, 2]]


def test_the_raster_has_units_by_activity_and_epochs_in_order():
    made = tables(np.zeros((3, 4)), inactive=[[0, 0, 0, 0], [0, 0, 1, 0], [0, 0, 1, 0]])
    made["units"]["active_fraction"] = [0.9, 0.1, 0.0, 0.5] * 3
    (left, right, _) = unit_figures.raster({"one": [made], "other": [made]}, "").axes
    fraction, silent = (image.get_array() for image in left.images)
    assert fraction.tolist() == [[0.0] * 3, [0.1] * 3, [0.5] * 3, [0.9] * 3]
    assert silent.filled(0).tolist() == [[0, 1, 1], [0, 0, 0], [0, 0, 0], [0, 0, 0]]
    assert len(right.images) == 2


def test_backgrounds_are_shares_of_the_squares_that_are_not_dark():
    made = tables([[0, 0, 0, 1], [1, 1, 1, 1]])
    made["units"]["background"] = [0, 0, 254, 254] * 2
    left = unit_figures.backgrounds({"one": [made], "other": [made]}, "").axes[0]
    shares = left.images[0].get_array()
    assert shares[0, 0] == pytest.approx(2 / 3)
    assert shares[-1, 0] == pytest.approx(1 / 3)
    assert np.isnan(np.ma.filled(shares[:, 1], np.nan)).all()  # all dark: no distribution


@pytest.fixture
def metrics():
    columns = ["test_accuracy", "test_accuracy_batch_statistics", "perfect_batches"]
    counts = ["dead_units", "inactive_units", "dark_units"]

    def table(level: float) -> pd.DataFrame:
        frame = pd.DataFrame({"epoch": range(1, 21)} | dict.fromkeys(columns, 0.5) | dict.fromkeys(counts, 3))
        frame.loc[18:, "test_accuracy"] = level  # the last tenth
        return frame

    runs = [make_run(batch_size=size, seed=seed) for size in (10, 100) for seed in (1, 2)]
    return {run: table(level) for run, level in zip(runs, (0.9, 0.92, 0.8, 0.82), strict=True)}


def test_evaluations_have_a_mark_for_the_mean_and_a_point_for_each_seed(metrics):
    (axes,) = figures.evaluations(metrics, "A title").axes
    means = [line.get_ydata().tolist() for line in axes.lines if len(line.get_ydata()) == 2]
    assert means[0] == pytest.approx([0.91, 0.81])
    assert means[1] == pytest.approx([0.5, 0.5])
    points = np.concatenate([points.get_offsets()[:, 1] for points in axes.collections])
    assert sorted(points) == pytest.approx([0.5] * 4 + [0.8, 0.82, 0.9, 0.92])


def test_units_and_perfect_mini_batches_against_the_epoch(metrics):
    panels = figures.units(metrics, "A title").axes
    assert [axes.get_ylabel() for axes in panels] == ["dead units", "inactive units", "dark squares"]
    assert panels[2].lines[0].get_ydata().tolist() == [3] * 20
    (axes,) = figures.perfect(metrics, "A title").axes
    assert axes.lines[0].get_ydata().tolist() == [0.5] * 20
