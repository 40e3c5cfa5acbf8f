"""Figures of the final measurements of many runs."""

import numpy as np
import pandas as pd
import pytest

from dying_relu.figures.sweeps import draw_sweep
from helpers import make_run


def outcomes(runs, dead, diverged=None) -> pd.DataFrame:
    table = pd.DataFrame(
        {"run": [run.name for run in runs], "dead": dead, "diverged": diverged or [np.nan] * len(runs)}
    )
    return table.assign(test_accuracy=0.5)


FIGURE: dict = {"x": None, "y": None, "values": ["dead"]}


def test_lines_go_through_the_means_of_the_seeds():
    runs = [
        make_run(batch_norm=bn, seed=seed, bias=bias) for bn in (True, False) for bias in (-1, 0) for seed in (1, 2)
    ]
    table = outcomes(runs, [0.1, 0.3, 0.5, 0.5, 0.0, 0.0, 1.0, 0.8]).sample(frac=1, random_state=1)  # in any order
    figure = draw_sweep(table, runs, FIGURE | {"kind": "final", "x": "bias"}, "Title")
    (axes,) = figure.axes
    lines = [line for line in axes.lines if len(line.get_xdata()) == 2]
    assert [line.get_ydata().tolist() for line in lines[:2]] == [[0.2, 0.5], pytest.approx([0, 0.9])]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["BN", "no BN"]
    assert axes.get_ylabel() == "units dead at the end"
    assert figure.get_supxlabel().startswith("held fixed: ReLU, mini-batch 100")


def test_a_wide_axis_is_logarithmic():
    for rates, scale in (([0.001, 0.01], "linear"), ([0.001, 0.1], "log")):
        runs = [make_run(learning_rate=rate) for rate in rates]
        figure = draw_sweep(outcomes(runs, [0, 1]), runs, FIGURE | {"kind": "final", "x": "learning_rate"}, "")
        assert figure.axes[0].get_xscale() == scale


def test_runs_that_diverged_are_marked():
    runs = [make_run(initialization=name) for name in ("he_normal", "xavier_normal")]
    table = outcomes(runs, [0.2, np.nan], diverged=[np.nan, 3])
    axes = draw_sweep(table, runs, FIGURE | {"kind": "final", "x": "initialization"}, "").axes[0]
    (cross,) = [line for line in axes.lines if line.get_marker() == "x"]
    assert cross.get_xdata().tolist() == [1]
    assert axes.get_xlabel() == "initialization (x: diverged)"


def test_depth_is_an_axis_and_width_a_series():
    runs = [make_run(hidden=[width] * depth) for width in (4, 8) for depth in (1, 2)]
    axes = draw_sweep(outcomes(runs, [0, 1, 0, 0.5]), runs, FIGURE | {"kind": "final", "x": "layers"}, "").axes[0]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["4 units a layer", "8 units a layer"]
    lines = [line.get_xdata().tolist() for line in axes.lines if len(line.get_xdata()) == 2]
    assert lines[0] == [1, 2]


def test_networks_whose_layers_differ_are_not_averaged():
    runs = [make_run(hidden=hidden) for hidden in ([64], [64, 16], [64, 64])]
    axes = draw_sweep(outcomes(runs, [0, 0.2, 0.8]), runs, FIGURE | {"kind": "final", "x": "layers"}, "").axes[0]
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert labels == ["64 hidden units", "64 + 16 hidden units", "2 x 64 hidden units"]
    points = [line.get_xydata().tolist() for line in axes.lines if len(line.get_xdata())]
    assert points[:3] == [[[1, 0]], [[2, 0.2]], [[2, 0.8]]]


@pytest.mark.parametrize("kind", ["final", "map"])
def test_runs_without_a_value_on_the_axis_are_not_lost(kind):
    leaky = [make_run(activation="leaky_relu", negative_slope=slope) for slope in (0.01, 0.5)]
    runs = [*leaky, make_run(), make_run(batch_norm=False)]
    settings = FIGURE | {"kind": kind, "x": "negative_slope", "y": "batch_norm" if kind == "map" else None}
    axes = draw_sweep(outcomes(runs, [0.1, 0.2, 0.3, 0.4]), runs, settings, "").axes
    assert [text.get_text() for text in axes[0].get_xticklabels()] == ["0.01", "0.5", "none"]
    if kind == "map":
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
    figure = draw_sweep(
        outcomes(runs, dead, diverged), runs, FIGURE | {"kind": "map", "x": "learning_rate", "y": "batch_size"}, ""
    )
    left, right = figure.axes[:2]
    assert (left.get_title(), right.get_title()) == ("BN", "no BN")
    # From the lower left: mini-batch 50 at both rates, then 100. Seaborn writes into cells that have a value.
    assert [text.get_text() for text in left.texts] == ["10%", "100%\n1/2 div.", "50%"]
    assert left.collections[0].get_array().tolist() == [[pytest.approx(0.1), None], [1.0, 0.5]]
