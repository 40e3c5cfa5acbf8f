"""The data of the interactive charts."""

import pandas as pd
import pytest

from dying_relu.report.charts import chart_data, chart_table, is_pooled
from helpers import make_run


@pytest.fixture
def metrics() -> dict:
    """Two seeds with BN and one without, of two epochs; each value says where it comes from."""
    runs = [make_run(seed=1), make_run(seed=2), make_run(seed=1, batch_norm=False)]
    columns = ["test_accuracy", "test_accuracy_batch_statistics", "dead_units"]
    return {
        run: pd.DataFrame({"epoch": [1, 2]} | {column: [10 * index + place, 0] for place, column in enumerate(columns)})
        for index, run in enumerate(runs)
    }


def test_runs_that_differ_in_the_seed_are_one_series_of_one_colour(metrics):
    elu = make_run(batch_norm=False, activation="elu")
    with_bn, without = chart_data(metrics)
    assert [one["seed"] for one in with_bn["seeds"]] == [1, 2]
    assert [one["test_accuracy"] for one in with_bn["seeds"]] == [[0, 0], [10, 0]]
    assert [one["dead_units"] for one in without["seeds"]] == [[22, 0]]
    assert without["label"] == "no BN"
    assert without["light"] is without["dark"] is None  # the page's text colour
    three = chart_data(metrics | {elu: metrics[next(iter(metrics))]})
    assert [one["dashed"] for one in three] == [False, True, True]
    for scheme in ("light", "dark"):
        assert len({one[scheme] for one in three} - {None}) == 3


def test_many_series_are_pooled_to_the_highest_the_median_and_the_lowest(metrics):
    frame = next(iter(metrics.values()))
    many = {make_run(batch_size=size): frame.assign(dead_units=[size, 2 * size]) for size in range(2, 26)}
    assert not is_pooled(metrics)
    assert is_pooled(many)
    curves = {one["label"]: one["seeds"] for one in chart_data(many)}
    assert list(curves) == ["highest of 24 runs", "median of 24 runs", "lowest of 24 runs"]
    assert [one["dead_units"] for (one,) in curves.values()] == [[25, 50], [13.5, 27], [2, 4]]
    table = chart_table(many, pooled=True)
    assert list(table.columns[:2]) == ["curve", "epoch"]
    assert table["dead_units"].tolist() == [25, 50, 13.5, 27, 2, 4]
