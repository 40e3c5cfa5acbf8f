"""Figures of the final measurements of many runs."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from dying_relu.figures.sweeps import draw_sweep
from helpers import make_run


def draw(runs, dead, x, y=None, diverged=np.nan) -> Figure:
    table = pd.DataFrame({"run": [run.name for run in runs], "dead": dead, "diverged": diverged, "test_accuracy": 0.5})
    settings = {"kind": "map" if y else "final", "x": x, "y": y, "values": ["dead"]}
    return draw_sweep(table.sample(frac=1, random_state=1), runs, settings, "Title")  # in any order


def legend(axes) -> list[str]:
    return [text.get_text() for text in axes.get_legend().get_texts()]


def test_lines_go_through_the_means_of_the_seeds():
    runs = [
        make_run(batch_norm=bn, seed=seed, bias=bias) for bn in (True, False) for bias in (-1, 0) for seed in (1, 2)
    ]
    figure = draw(runs, [0.1, 0.3, 0.5, 0.5, 0.0, 0.0, 1.0, 0.8], "bias")
    (axes,) = figure.axes
    lines = [line for line in axes.lines if len(line.get_xdata()) == 2]
    assert [line.get_ydata().tolist() for line in lines[:2]] == [[0.2, 0.5], pytest.approx([0, 0.9])]
    assert legend(axes) == ["BN", "no BN"]
    assert axes.get_ylabel() == "units dead at the end"
    assert figure.get_supxlabel().startswith("held fixed: ReLU, mini-batch 100")


@pytest.mark.parametrize(("rates", "scale"), [((0.001, 0.01), "linear"), ((0.001, 0.1), "log")])
def test_a_wide_axis_is_logarithmic(rates, scale):
    runs = [make_run(learning_rate=rate) for rate in rates]
    assert draw(runs, [0, 1], "learning_rate").axes[0].get_xscale() == scale


def test_runs_that_diverged_are_marked():
    runs = [make_run(initialization=name) for name in ("he_normal", "xavier_normal")]
    axes = draw(runs, [0.2, np.nan], "initialization", diverged=[np.nan, 3]).axes[0]
    (cross,) = [line for line in axes.lines if line.get_marker() == "x"]
    assert cross.get_xdata().tolist() == [1]
    assert axes.get_xlabel() == "initialization (x: diverged)"


def test_depth_is_an_axis_and_width_a_series():
    runs = [make_run(hidden=[width] * depth) for width in (4, 8) for depth in (1, 2)]
    axes = draw(runs, [0, 1, 0, 0.5], "layers").axes[0]
    assert legend(axes) == ["4 units a layer", "8 units a layer"]
    lines = [line.get_xdata().tolist() for line in axes.lines if len(line.get_xdata()) == 2]
    assert lines[0] == [1, 2]


def test_networks_whose_layers_differ_are_not_averaged():
    runs = [make_run(hidden=hidden) for hidden in ([64], [64, 16], [64, 64])]
    axes = draw(runs, [0, 0.2, 0.8], "layers").axes[0]
    assert legend(axes) == ["64 hidden units", "64 + 16 hidden units", "2 x 64 hidden units"]
    points = [line.get_xydata().tolist() for line in axes.lines if len(line.get_xdata())]
    assert points[:3] == [[[1, 0]], [[2, 0.2]], [[2, 0.8]]]


@pytest.mark.parametrize("y", [None, "batch_norm"])
def test_runs_without_a_value_on_the_axis_are_not_lost(y):
    leaky = [make_run(activation="leaky_relu", negative_slope=slope) for slope in (0.01, 0.5)]
    axes = draw([*leaky, make_run(), make_run(batch_norm=False)], [0.1, 0.2, 0.3, 0.4], "negative_slope", y).axes
    assert [text.get_text() for text in axes[0].get_xticklabels()] == ["0.01", "0.5", "none"]
    if y:
        assert [text.get_text() for ax in axes[:2] for text in ax.texts] == ["10%", "20%", "30%", "40%"]
    else:
        points = np.concatenate([line.get_ydata() for line in axes[0].lines])
        assert set(points[np.isfinite(points)]) == {0.1, 0.2, 0.3, 0.4}


def test_the_cells_of_a_map():
    runs = [
        make_run(batch_norm=bn, learning_rate=rate, batch_size=size, seed=seed)
        for bn in (True, False)
        for rate in (0.1, 1)
        for size in (50, 100)
        for seed in (1, 2)
    ]
    dead = [0.0, 0.2, 1.0, np.nan, np.nan, np.nan, 0.5, 0.5] + [0.25] * 8
    diverged = [np.nan, np.nan, np.nan, 2, 1, 1, np.nan, np.nan] + [np.nan] * 8
    left, right, *_ = draw(runs, dead, "learning_rate", "batch_size", diverged).axes
    assert (left.get_title(), right.get_title()) == ("BN", "no BN")
    # From the lower left: mini-batch 50 at both rates, then 100. Seaborn writes into cells that have a value.
    assert [text.get_text() for text in left.texts] == ["10%", "100%\n1/2 div.", "50%"]
    assert left.collections[0].get_array().tolist() == [[pytest.approx(0.1), None], [1.0, 0.5]]
