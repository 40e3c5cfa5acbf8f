"""The data of the dW player: which runs, the times of their frames, and the numbers of their units."""

import base64
import gzip
import json
import math
import re

import pandas as pd

from dying_relu.measurements.frame_schedule import frame_time
from dying_relu.report.assets import Assets, write_data_script
from dying_relu.report.player import player_context, unit_numbers
from made_up import made_up_config, made_up_results

GRID = {"batch_norm": [True, False], "batch_size": [10, 100]}


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
    assert found.pop("epochs") == 2
    assert list(zip(*found.values(), strict=True))[1:] == [
        (0.5, 0.0, 0.0, 0.0, 7),
        (0.1234, -0.001235, 4.568e-9, 127.6, 4),
    ]
    assert str([column[0] for column in found.values()]) == "[nan, nan, nan, nan, 2]"
    assert unit_numbers(table[:0])["epochs"] == 0


def test_the_player_starts_with_the_first_comparison_or_the_first_run_and_the_last(tmp_path):
    config = made_up_config(seeds=1, epochs=2, experiments={"one": {"title": "One", "grids": [GRID]}})
    assets = Assets(made_up_results(tmp_path, config), tmp_path / "assets")
    context = player_context(config, list(config.runs.values()), assets)
    assert list(context["labels"]) == list(config.runs)  # in the order of the configuration
    assert [context["left"], context["right"]] == [run.name for run in config.comparisons["pair"].runs]
    uncompared = [run for run in config.runs.values() if run.batch_size == 10]
    context = player_context(config, uncompared, assets)
    assert (context["left"], context["right"]) == (uncompared[0].name, uncompared[1].name)
    assert player_context(config, [], assets) is None


def test_a_data_script_holds_its_content_in_the_same_bytes_each_time(tmp_path):
    for name in ("one", "other"):
        write_data_script(tmp_path / name, {"values": [1, math.nan, math.inf]})
    script = (tmp_path / "one").read_text()
    (encoded,) = re.fullmatch(r'document\.currentScript\.data = "(.*)";\n', script).groups()
    assert json.loads(gzip.decompress(base64.b64decode(encoded))) == {"values": [1, None, None]}
    assert (tmp_path / "other").read_text() == script
