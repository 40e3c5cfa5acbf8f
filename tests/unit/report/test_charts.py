"""The data of the interactive charts."""

import pandas as pd
import pytest

from dying_relu.report.charts import chart_data, is_pooled, metrics_table, pooled_table
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
    with_bn, without = chart_data(metrics)
    assert [one["seed"] for one in with_bn["seeds"]] == [1, 2]
    assert [one["test_accuracy"] for one in with_bn["seeds"]] == [[0, 0], [10, 0]]
    assert [one["dead_units"] for one in without["seeds"]] == [[22, 0]]
    assert without["label"] == "no BN"
    assert with_bn["light"].startswith("rgb(")
    assert with_bn["light"] != with_bn["dark"]
    assert without["light"] is without["dark"] is None  # the page's text colour
    assert (with_bn["dashed"], without["dashed"]) == (False, True)


def test_series_without_bn_are_told_apart_by_their_colours(metrics):
    frame = next(iter(metrics.values()))
    runs = [make_run(batch_norm=False, activation=activation) for activation in ("relu", "elu", "gelu")]
    series = chart_data(dict.fromkeys([*runs, make_run()], frame))
    assert [one["dashed"] for one in series] == [True, True, True, False]
    for scheme in ("light", "dark"):
        assert len({one[scheme] for one in series} - {None}) == 4


def test_the_table_has_the_rows_of_all_runs(metrics):
    table = metrics_table(metrics)
    assert list(table.columns[:3]) == ["run", "seed", "epoch"]
    assert table["run"].tolist() == [run.name for run in metrics for _ in range(2)]
    assert table["test_accuracy_batch_statistics"].tolist() == [1, 0, 11, 0, 21, 0]


def test_the_label_says_how_many_runs_diverged_and_their_curves_end(metrics):
    first = next(iter(metrics))
    metrics[first].loc[1, metrics[first].columns.drop("epoch")] = float("nan")
    with_bn, _ = chart_data(metrics)
    assert with_bn["label"] == "BN, ReLU, mini-batch 100 (diverged: 1 of 2)"
    assert str(with_bn["seeds"][0]["dead_units"]) == "[2.0, nan]"


def test_many_series_are_pooled_to_the_highest_the_median_and_the_lowest(metrics):
    frame = next(iter(metrics.values()))
    many = {make_run(batch_size=size): frame.assign(dead_units=[size, 2 * size]) for size in range(2, 26)}
    assert not is_pooled(metrics)
    assert is_pooled(many)
    curves = {one["label"]: one["seeds"] for one in chart_data(many)}
    assert list(curves) == ["highest of 24 runs", "median of 24 runs", "lowest of 24 runs"]
    assert [one["dead_units"] for (one,) in curves.values()] == [[25, 50], [13.5, 27], [2, 4]]
    table = pooled_table(many)
    assert list(table.columns[:2]) == ["curve", "epoch"]
    assert table["dead_units"].tolist() == [25, 50, 13.5, 27, 2, 4]
