"""What runs arrive at, and the figures of it."""

import numpy as np
import pandas as pd
import pytest

from dying_relu.figures.sweeps import draw_sweep
from dying_relu.tables.final_measurements import final_measurements, final_measurements_table
from helpers import make_run


def made(born, dead, accuracy=0.9, epochs=2):
    """The tables of a run of two layers with two units each; `dead` per epoch."""
    initial = pd.DataFrame({"layer": [1, 1, 2, 2], "unit": [0, 1, 0, 1], "dead": born})
    metrics = pd.DataFrame({"epoch": range(1, epochs + 1), "train_loss": 0.5, "test_accuracy": accuracy})
    metrics["test_accuracy_batch_statistics"] = [0.1] * (epochs - 1) + [0.8]
    units = pd.DataFrame({"epoch": np.repeat(range(1, epochs + 1), 4), "dead": np.ravel(dead)})
    return initial, metrics, units


def test_deaths_and_revivals():
    row = final_measurements(*made(born=[0, 1, 1, 1], dead=[[1, 1, 0, 0], [1, 0, 1, 0]]))
    assert row == {
        "diverged": None,
        "test_accuracy": 0.9,
        "test_accuracy_batch_statistics": 0.8,  # of the last tenth
        "train_loss": 0.5,
        "born_dead": 0.75,
        "born_dead_layers": 1,
        "dead": 0.5,
        "died": 0.25,  # unit 0 of layer 1
        "revived": 0.5,  # unit 1 of both layers
        "ever_dead": 0.75,
        "dead_layers": 0,
    }


def test_a_diverged_run_has_no_end():
    initial, metrics, units = made(born=[0, 0, 1, 1], dead=[[1, 1, 1, 1]], epochs=1)
    metrics = pd.concat([metrics, pd.DataFrame({"epoch": [2]})])
    row = final_measurements(initial, metrics, units)
    assert (row["diverged"], row["born_dead"], row["born_dead_layers"]) == (2, 0.5, 1)
    assert np.isnan([row["test_accuracy"], row["train_loss"]]).all()
    table = final_measurements_table({"x": row, "y": final_measurements(*made(born=[0] * 4, dead=[[0] * 4] * 2))})
    assert table.to_csv(index=False).splitlines()[1:] == [
        "x,2,,,,,0.5,,,,,1",
        "y,,0.9,0.8,0.5,0.0,0.0,0.0,0.0,0.0,0.0,0",
    ]


def outcomes(runs, dead, diverged=None) -> pd.DataFrame:
    table = pd.DataFrame(
        {"run": [run.name for run in runs], "dead": dead, "diverged": diverged or [np.nan] * len(runs)}
    )
    return table.assign(test_accuracy=0.5)


FIGURE = {"x": None, "y": None, "values": ["dead"]}


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
