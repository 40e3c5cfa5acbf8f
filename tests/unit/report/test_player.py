"""The data of the dW player: which runs, the times of their frames, and the numbers of their units."""

import base64
import gzip
import json
import math
import re
from pathlib import Path

import pandas as pd

from dying_relu.measurements.frame_schedule import frame_time
from dying_relu.report.assets import Assets, write_data_script
from dying_relu.report.player import player_context, unit_numbers
from made_up import made_up_config, made_up_results

GRID = {"batch_norm": [True, False], "batch_size": [10, 100]}


def read_data(script: Path) -> object:
    """The JSON value in a data script."""
    (encoded,) = re.fullmatch(r'document\.currentScript\.data = "(.*)";\n', script.read_text()).groups()
    return json.loads(gzip.decompress(base64.b64decode(encoded)))


def test_a_frame_has_its_time_in_epochs():
    times = {
        "epoch-000006-diverged": 6,
        "epoch-000002-step-000000900": 1.5,
        "epoch-000001-step-000000300-diverged": 0.5,
    }
    assert {name: frame_time(name, steps_per_epoch=600) for name in times} == times


def test_numbers_are_those_of_the_table_by_epoch_layer_and_unit():
    columns = ["epoch", "layer", "active_fraction", "dw_min", "dw_max", "background", "dead", "inactive", "dark"]
    rows = [
        (2, 1, 0.1234, -0.00123456, 4.5678e-9, 127.6, 0, 0, 1),
        (1, 2, 0.5, 0.0, 0.0, 0.0, 1, 1, 1),
        (1, 1, math.nan, math.nan, math.nan, math.nan, 0, 1, 0),
    ]
    table = pd.DataFrame(rows, columns=columns).assign(unit=0)
    found = unit_numbers(table)
    assert found["epochs"] == 2
    assert found["active"][1:] == [0.5, 0.1234]
    assert found["low"][1:] == [0.0, -0.001235]
    assert found["high"][1:] == [0.0, 4.568e-9]
    assert found["background"][1:] == [0.0, 127.6]
    assert math.isnan(found["background"][0])
    assert found["flags"] == [2, 7, 4]
    assert unit_numbers(table[:0])["epochs"] == 0


def test_the_player_starts_with_the_first_comparison_or_the_first_run_and_the_last(tmp_path):
    config = made_up_config(seeds=1, epochs=2, experiments={"one": {"title": "One", "grids": [GRID]}})
    results = made_up_results(tmp_path, config)
    assets = Assets(results, tmp_path / "assets")
    context = player_context(config, list(config.runs.values()), assets)
    assert list(context["labels"]) == list(config.runs)  # in the order of the configuration
    assert [context["left"], context["right"]] == [run.name for run in config.comparisons["pair"].runs]
    data = read_data(tmp_path / context["data"][context["left"]])
    assert data["frames"] == [{"label": "epoch 1", "time": 1}, {"label": "epoch 2", "time": 2}]
    assert [(tmp_path / sprite).is_file() for sprite in data["sprites"]] == [True]
    table = pd.read_csv(results / "runs" / context["left"] / "units.csv.gz")
    assert data["active"] == table["active_fraction"].tolist()
    assert data["epochs"] == 2
    uncompared = [run for run in config.runs.values() if run.batch_size == 10]
    context = player_context(config, uncompared, assets)
    assert (context["left"], context["right"]) == (uncompared[0].name, uncompared[1].name)
    assert player_context(config, [], assets) is None


def test_a_data_script_holds_its_content_in_the_same_bytes_each_time(tmp_path):
    content = {"values": [1, math.nan, math.inf]}
    for name in ("one", "other"):
        write_data_script(tmp_path / f"{name}.data.js", content)
    assert read_data(tmp_path / "one.data.js") == {"values": [1, None, None]}
    assert (tmp_path / "one.data.js").read_bytes() == (tmp_path / "other.data.js").read_bytes()
