"""The final measurements of runs."""

import numpy as np
import pandas as pd

from dying_relu.tables.final_measurements import final_measurements, final_measurements_table


def tables(born, dead, accuracy=0.9, epochs=2):
    """The tables of a run with two layers of two units; `dead` has a row per epoch."""
    initial = pd.DataFrame({"layer": [1, 1, 2, 2], "unit": [0, 1, 0, 1], "dead": born})
    metrics = pd.DataFrame({"epoch": range(1, epochs + 1), "train_loss": 0.5, "test_accuracy": accuracy})
    metrics["test_accuracy_batch_statistics"] = [0.1] * (epochs - 1) + [0.8]
    units = pd.DataFrame({"epoch": np.repeat(range(1, epochs + 1), 4), "dead": np.ravel(dead)})
    return initial, metrics, units


def test_deaths_and_revivals():
    row = final_measurements(*tables(born=[0, 1, 1, 1], dead=[[1, 1, 0, 0], [1, 0, 1, 0]]))
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


def test_a_diverged_run_has_no_final_measurements():
    initial, metrics, units = tables(born=[0, 0, 1, 1], dead=[[1, 1, 1, 1]], epochs=1)
    metrics = pd.concat([metrics, pd.DataFrame({"epoch": [2]})])
    row = final_measurements(initial, metrics, units)
    assert (row["diverged"], row["born_dead"], row["born_dead_layers"]) == (2, 0.5, 1)
    assert np.isnan([row["test_accuracy"], row["train_loss"]]).all()
    table = final_measurements_table({"x": row, "y": final_measurements(*tables(born=[0] * 4, dead=[[0] * 4] * 2))})
    assert table.to_csv(index=False).splitlines()[1:] == [
        "x,2,,,,,0.5,,,,,1",
        "y,,0.9,0.8,0.5,0.0,0.0,0.0,0.0,0.0,0.0,0",
    ]
