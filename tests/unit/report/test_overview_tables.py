"""The page's tables of networks."""

import math

import pandas as pd
import pytest

from dying_relu.configuration.config import load_config
from dying_relu.report.overview_tables import COLUMNS, differences, extremes, last_epochs, networks

GRID = {"batch_norm": [True, False], "batch_size": [10, 100]}


@pytest.fixture
def config():
    return load_config({"seeds": 2, "experiments": {"one": {"title": "One", "grids": [GRID]}}})


@pytest.fixture
def final(config) -> pd.DataFrame:
    """The first run has diverged in epoch 3; the others have their place in the table as every value."""
    table = pd.DataFrame({"epoch": 100, **dict.fromkeys(COLUMNS, range(8))}, index=list(config.runs), dtype=float)
    table.iloc[0] = [3] + [math.nan] * len(COLUMNS)
    return table


def test_a_network_has_one_row_whatever_its_seeds(config):
    assert networks(config) == [
        {"label": f"{bn}, ReLU, mini-batch {size}", "experiments": ["one"]}
        for bn in ("BN", "no BN")
        for size in (10, 100)
    ]


def test_in_what_networks_differ(config):
    assert differences(list(config.runs.values())) == [
        {"parameter": "batch norm", "values": ["BN (2)", "no BN (2)"]},
        {"parameter": "batch size", "values": ["mini-batch 10 (2)", "mini-batch 100 (2)"]},
    ]


def test_a_run_that_diverged_has_no_numbers(config, final):
    run = config.runs[final.index[1]]
    first, second, *_ = last_epochs(config, final, [run])
    assert (first["diverged"], first["shown"], first["cells"]) == (3, False, [""] * len(COLUMNS))
    assert (second["diverged"], second["shown"]) == (None, True)
    assert second["cells"] == ["100.00%", "100.00%", "100.00%", "100.0%", "1", "1", "1"]


def test_extremes_are_those_of_the_runs_that_have_a_value(final):
    assert [(row["label"], row["cells"][-1]) for row in extremes(final)] == [
        ("lowest", "1"),
        ("median", "4"),
        ("highest", "7"),
    ]
