"""Figures of experiments and of single runs, read back from the figures."""

import numpy as np
import pandas as pd
import pytest

from dying_relu.figures.experiments import FIGURES, accuracy_and_dead_units, final_test_accuracy, unit_counts
from dying_relu.figures.run_accuracy import accuracy, envelope
from dying_relu.figures.style import save
from dying_relu.io.columns import METRICS
from helpers import make_run


def metrics(*values: float, dead=(0, 0, 0)) -> pd.DataFrame:
    return pd.DataFrame(
        {"epoch": [1, 2, 3], "test_accuracy_batch_statistics": values, "dead_units": dead, "test_accuracy": 0.5}
    )


def curves(axes) -> dict[str, list[float]]:
    """The values of each curve by its legend label; curves are drawn in the order of the legend."""
    handles, labels = axes.get_legend_handles_labels()
    drawn = [line for line in axes.lines if len(line.get_xdata()) == 3]
    assert len(drawn) == len(handles)
    return {label: list(line.get_ydata()) for label, line in zip(labels, drawn, strict=True)}


def test_a_curve_per_series_in_both_panels_told_apart_without_colour():
    sizes = (10, 50, 100, 200, 500)
    runs = {make_run(batch_size=size): metrics(0.1, 0.2, size / 1000) for size in sizes}
    runs[make_run(batch_norm=False)] = metrics(0.7, 0.8, 0.9, dead=(0, 1, 4))
    figure = accuracy_and_dead_units(runs, "Mini-batch size")
    upper, lower = figure.axes
    expected = {f"mini-batch {size}": [0.1, 0.2, size / 1000] for size in sizes}
    assert curves(upper) == expected | {"no BN, mini-batch 100": [0.7, 0.8, 0.9]}
    lines, dead = ([line for line in axes.lines if len(line.get_xdata()) == 3] for axes in (upper, lower))
    assert list(dead[5].get_ydata()) == [0, 1, 4]
    assert figure.get_suptitle() == "Mini-batch size"
    assert "ReLU, 256 hidden units, Adam" in upper.get_title()
    lightness = [np.dot((0.2126, 0.7152, 0.0722), line.get_color()) for line in lines[:5]]
    assert np.diff(lightness).min() > 0.03
    assert lines[5].get_linestyle() == "--"
    assert len({line.get_marker() for line in lines}) == 6


@pytest.mark.parametrize(
    "grids",
    [
        [{"batch_norm": False, "activation": name} for name in ("relu", "elu", "gelu")],
        [{"batch_norm": bn, "activation": name} for bn in (True, False) for name in ("relu", "elu")],
        [{"batch_norm": False, "batch_size": 10 * size} for size in range(1, 31)],
        [{"batch_norm_position": name} for name in ("before_activation", "after_activation")] + [{"batch_norm": False}],
    ],
)
def test_every_series_has_a_look_and_a_label_of_its_own(grids):
    runs = {make_run(**grid): metrics(0.1, 0.2, 0.3) for grid in grids}
    axes, _ = accuracy_and_dead_units(runs, "x").axes
    lines = [line for line in axes.lines if len(line.get_xdata()) == 3]
    assert len({(*line.get_color(), line.get_marker()) for line in lines}) == len(curves(axes)) == len(grids)
    assert [line.get_linestyle() == "-" for line in lines] == [grid.get("batch_norm", True) for grid in grids]
    assert not [label for label in curves(axes) if "no BN" in label and "activation" in label]  # a position of BN


def test_accuracy_of_one_run():
    batches = pd.DataFrame({"epoch": [1, 1, 2, 2, 3, 3], "batch": [1, 2] * 3, "accuracy": [0.1, 0.2, 0.3, 0.4, 0.5, 1]})
    figure = accuracy(make_run(epochs=3, train_images=200), metrics(0.2, 0.3, 0.4), batches)
    training, test = figure.axes[0].lines
    assert training.get_xydata().tolist() == [[0.5, 0.1], [1, 0.2], [1.5, 0.3], [2, 0.4], [2.5, 0.5], [3, 1]]
    assert test.get_xydata().tolist() == [[1, 0.2], [2, 0.3], [3, 0.4]]


def test_the_envelope_of_a_line():
    """Ten points in two columns; each column keeps its first, lowest, highest and last point, once, in order."""
    x, y = envelope(np.arange(10) / 5, np.array([5, 4, 9, 6, 7, 1, 2, 8, 8, 3.0]), 2, 2)
    assert x.tolist() == [0, 0.2, 0.4, 0.8, 1, 1.4, 1.8]
    assert y.tolist() == [5, 4, 9, 7, 1, 8, 3]


@pytest.fixture
def four_runs():
    """Two mini-batch sizes, two seeds each: a test accuracy of 0.5 in the first half of the epochs."""
    runs = {}
    for (size, seed), level in {(10, 1): 0.9, (10, 2): 0.92, (100, 1): 0.8, (100, 2): 0.82}.items():
        table = pd.DataFrame(0.5, index=range(20), columns=METRICS).assign(epoch=range(1, 21), perfect_batches=0.25)
        table[["dead_units", "inactive_units", "dark_units"]] = 3
        table.loc[10:, "test_accuracy"] = level
        table.loc[18, "test_accuracy"] = 0.1  # a burst, which no median sees
        runs[make_run(batch_size=size, seed=seed)] = table
    return runs


def test_evaluations_have_a_mark_for_the_mean_and_a_point_for_each_seed(four_runs):
    (axes,) = final_test_accuracy(four_runs, "A title").axes
    means = [line.get_ydata().tolist() for line in axes.lines if len(line.get_ydata()) == 2]
    assert means[0] == pytest.approx([0.91, 0.81])
    assert means[1] == pytest.approx([0.5, 0.5])
    assert [text.get_text() for text in axes.get_xticklabels()] == ["mini-batch 10", "mini-batch 100"]
    points = np.concatenate([points.get_offsets()[:, 1] for points in axes.collections])
    assert sorted(points) == pytest.approx([0.5] * 4 + [0.8, 0.82, 0.9, 0.92])


def test_seeds_are_a_mean_with_a_band_from_the_lowest_to_the_highest(four_runs):
    first, *_ = four_runs  # all others have 3 dark squares throughout
    four_runs[first]["dark_units"] = range(20)
    panels = unit_counts(four_runs, "").axes
    assert [axes.get_ylabel() for axes in panels] == ["dead units", "inactive units", "dark squares"]
    dark = panels[2]
    curve, other = (line.get_ydata() for line in dark.lines if len(line.get_xdata()) == 20)
    assert curve.tolist() == pytest.approx((np.arange(20) + 3) / 2)
    assert other.tolist() == [3] * 20
    corners = {(x, y) for x, y in dark.collections[0].get_paths()[0].vertices}
    assert {(1, 0), (1, 3), (4, 3), (5, 3), (5, 4), (20, 3), (20, 19)} <= corners
    assert dark.get_ylim()[1] > 19


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("kind", FIGURES)
def test_a_single_run_of_a_single_epoch(kind, four_runs, tmp_path):
    (table, *_) = four_runs.values()
    figure = FIGURES[kind]({make_run(): table.head(1)}, "A title")
    save(figure, tmp_path / "figure.svg")
    assert "A title" in (tmp_path / "figure.svg").read_text()
    assert [len(axes.lines) > 0 for axes in figure.axes] == [True] * (3 if kind == "units" else 1)
    if kind == "perfect":
        assert figure.axes[0].lines[0].get_ydata().tolist() == [0.25]
