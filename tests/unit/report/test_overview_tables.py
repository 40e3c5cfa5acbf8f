"""The page's tables over all networks."""

import math

import pandas as pd
import pytest

from dying_relu.configuration.config import load_config
from dying_relu.report.overview_tables import FINAL_VALUES, final_range, final_rows, parameter_rows

GRID = {"batch_norm": [True, False], "batch_size": [10, 100]}


@pytest.fixture
def config():
    return load_config({"seeds": 2, "experiments": {"one": {"title": "One", "grids": [GRID]}}})


@pytest.fixture
def final(config) -> pd.DataFrame:
    """The first run has diverged in epoch 3; every value of another run is its place in the table."""
    table = pd.DataFrame({"epoch": 100, **dict.fromkeys(FINAL_VALUES, range(8))}, index=list(config.runs), dtype=float)
    table.iloc[0] = [3] + [math.nan] * len(FINAL_VALUES)
    return table


def test_a_parameter_in_which_networks_differ_has_a_row_with_its_values(config):
    assert parameter_rows(list(config.runs.values())) == [
        {"parameter": "batch norm", "values": ["BN (2)", "no BN (2)"]},
        {"parameter": "batch size", "values": ["mini-batch 10 (2)", "mini-batch 100 (2)"]},
    ]


def test_a_run_that_diverged_has_no_numbers(config, final):
    first, second, *_ = final_rows(config, final)
    assert (first["diverged"], first["cells"]) == (3, [""] * len(FINAL_VALUES))
    assert second["diverged"] is None
    assert second["cells"] == ["100.00%", "100.00%", "100.00%", "100.0%", "1", "1", "1"]


def test_the_range_is_that_of_the_runs_that_have_a_value(final):
    rows = [(row["label"], row["cells"][-1]) for row in final_range(final)]
    assert rows == [("lowest", "1"), ("median", "4"), ("highest", "7")]
