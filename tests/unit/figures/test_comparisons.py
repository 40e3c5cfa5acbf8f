"""What the figures of experiments and of units show, read back from the figures."""

import numpy as np
import pandas as pd
import pytest

from dying_relu.figures import comparisons as unit_figures
from dying_relu.figures import experiments as figures
from dying_relu.figures import style
from dying_relu.report import captions
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


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("suffix", ["png", "svg"])
@pytest.mark.parametrize("kind", captions.OF_COMPARISONS)
@pytest.mark.parametrize(
    "made",
    [tables(np.ones((3, 4))), tables(np.zeros((3, 4)), loss=0.0), tables(np.ones((1, 4))), tables(np.zeros((1, 4)))],
    ids=["all dark", "no loss", "one epoch, all dark", "one epoch"],
)
def test_extremes_are_drawn_and_written_without_a_warning(made, kind, suffix, tmp_path):
    figure = unit_figures.FIGURES[kind]({"one": [made], "other": [made, made]}, "")
    style.save(figure, tmp_path / f"figure.{suffix}")


def test_the_loss_of_the_frame_is_that_of_the_last_mini_batch_of_each_epoch(sides):
    for index, run in enumerate(sides["left"]):
        first = run["batches"]
        last = first.assign(batch=2, loss=[0.2 + index, 0.0])
        run["batches"] = pd.concat([first, last]).sort_values(["epoch", "batch"], ignore_index=True)
    lower = unit_figures.darkness(sides, "").axes[2]
    assert [line.get_xdata().tolist() for line in lower.lines] == [[1, 2], [1, 2]]  # a point per seed
    # A loss of exactly 0 has no place on the logarithmic axis; it is drawn at its foot.
    assert [line.get_ydata().tolist() for line in lower.lines] == [[0.2, 1e-9], [1.2, 1e-9]]
    assert lower.get_yscale() == "log"


def test_the_legend_names_the_causes_in_the_colours_of_the_stack(sides):
    axes = unit_figures.darkness(sides, "").axes[0]
    legend = axes.get_legend()
    assert [text.get_text() for text in legend.texts] == [
        "inactive units",
        "active units, loss vanished",
        "active units, loss present",
    ]
    drawn = [tuple(layer.get_facecolor()[0]) for layer in axes.collections]
    assert [handle.get_facecolor() for handle in legend.legend_handles] == drawn
    assert len(set(drawn)) == 3


def test_epochs_and_levels_are_where_the_axes_say(sides):
    background = unit_figures.backgrounds(sides, "").axes[0]
    assert tuple(background.images[0].get_extent()) == (0.5, 2.5, 0, 255)
    assert [line.get_ydata()[0] for line in background.lines] == [64, 191]
    for image in unit_figures.raster(sides, "").axes[0].images:
        assert tuple(image.get_extent()) == (0.5, 2.5, -0.5, 3.5)


def test_backgrounds_of_all_seeds_count_and_the_raster_shows_the_first():
    one, other = tables([[0, 0]]), tables([[0, 0]])
    one["units"]["background"] = [0, 0]
    other["units"]["background"] = [0, 250]
    other["units"]["active_fraction"] = 1.0
    pair = {"one": [one, other], "other": [other, one]}
    shares = [axes.images[0].get_array()[:, 0] for axes in unit_figures.backgrounds(pair, "").axes[:2]]
    assert [(share[0], share[-1]) for share in shares] == [(0.75, 0.25)] * 2
    left, right = (axes.images[0].get_array().tolist() for axes in unit_figures.raster(pair, "").axes[:2])
    assert (left, right) == ([[0], [0.1]], [[1], [1]])


def test_units_of_several_layers_are_rows_of_one_raster():
    # Three units of a first layer and two of a second follow one another in every epoch.
    made = tables(np.zeros((2, 5)))
    made["units"]["active_fraction"] = [0.3, 0.1, 0.5, 0.2, 0.4] * 2
    shown = unit_figures.raster({"one": [made], "other": [made]}, "").axes[0].images[0].get_array()
    assert shown.tolist() == [[0.1] * 2, [0.2] * 2, [0.3] * 2, [0.4] * 2, [0.5] * 2]


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


def test_seeds_are_a_mean_with_a_band_in_every_panel(metrics):
    runs = list(metrics)
    metrics[runs[0]]["dark_units"] = 1  # a size's first seed; the second has 3
    dark = figures.units(metrics, "").axes[2]
    curve, other = (line.get_ydata().tolist() for line in dark.lines if len(line.get_xdata()) == 20)
    assert (curve, other) == ([2] * 20, [3] * 20)
    band = dark.collections[0].get_paths()[0].vertices[:, 1]
    assert (band.min(), band.max()) == (1, 3)
    assert dark.get_ylim()[1] > 3


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("kind", captions.OF_EXPERIMENTS)
def test_a_single_run_of_a_single_epoch(kind, metrics, tmp_path):
    (table, *_) = metrics.values()
    figure = figures.FIGURES[kind]({make_run(): table.head(1)}, "A title")
    style.save(figure, tmp_path / "figure.svg")
    text = (tmp_path / "figure.svg").read_text()
    assert "A title" in text
    assert [len(axes.lines) > 0 for axes in figure.axes] == [True] * (3 if kind == "units" else 1)


def test_runs_of_several_layers_have_series_of_their_own(metrics):
    (table, *_) = metrics.values()
    runs = {make_run(hidden=hidden): table for hidden in ([256], [256, 256], [64, 32])}
    legend = figures.units(runs, "").axes[0].get_legend()
    names = ["256 hidden units", "2 x 256 hidden units", "64 + 32 hidden units"]
    assert [text.get_text() for text in legend.texts] == names
    (axes,) = figures.evaluations(runs, "").axes
    assert [text.get_text() for text in axes.get_xticklabels()] == names
