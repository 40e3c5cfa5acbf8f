"""The dW player's data: which runs, when frames were drawn, and the numbers of units."""

import base64
import gzip
import json
import math
import re
from contextlib import closing

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from dying_relu.configuration.config import load_config
from dying_relu.io.writers import NpzWriter
from dying_relu.measurements.frame_schedule import frame_time
from dying_relu.report.assets import Assets, write_pack
from dying_relu.report.player import numbers, player
from dying_relu.videos.sprites import draw_sprites
from dying_relu.videos.video import BAND, contact_sheet


def test_moments_of_epochs_and_of_steps():
    assert [frame_time(name, 600) for name in ("epoch-000002", "epoch-000006-diverged")] == [2, 6]
    assert frame_time("epoch-000002-step-000000900", 600) == 1.5
    assert frame_time("epoch-000002-step-000000900-diverged", 600) == 1.5


def test_numbers_are_those_of_the_table_in_the_order_of_epoch_layer_and_unit():
    table = pd.DataFrame(
        {
            "epoch": [2, 1, 1],
            "unit": [0, 0, 0],
            "layer": [1, 2, 1],
            "active_fraction": [0.1234, 0.5, math.nan],
            "dw_min": [-0.00123456, 0.0, math.nan],
            "dw_max": [4.5678e-9, 0.0, math.nan],
            "background": [127.6, 0.0, math.nan],
            "dead": [0, 1, 0],
            "inactive": [0, 1, 1],
            "dark": [1, 1, 0],
        }
    )
    found = numbers(table)
    assert found["epochs"] == 2
    assert found["active"][1:] == [0.5, 0.1234]
    assert found["low"][1:] == [0.0, -0.001235]
    assert found["high"][1:] == [0.0, 4.568e-9]
    assert found["background"][1:] == [0.0, 127.6]
    assert math.isnan(found["background"][0])
    assert found["flags"] == [2, 7, 4]
    assert numbers(table[:0])["epochs"] == 0


@pytest.fixture
def media(tmp_path):
    """Results of four networks that are not there but for what the player takes: 100 bytes each."""
    config = load_config(
        {
            "epochs": 2,
            "experiments": {"one": {"title": "One", "grids": [{"batch_norm": [True, False], "batch_size": [10, 100]}]}},
            "comparisons": {
                "pair": {
                    "title": "Pair",
                    "left": {"batch_norm": True, "batch_size": 100},
                    "right": {"batch_norm": False, "batch_size": 100},
                }
            },
        }
    )
    for run in config.runs:
        folder = tmp_path / "results" / "runs" / run
        with closing(NpzWriter(write(folder / "dw.npz"))) as arrays:
            arrays.append("epoch-000001", np.full((4, 784), 100, np.uint8))
            arrays.append("epoch-000002", np.full((4, 784), 200, np.uint8))
        draw_sprites(folder / "dw.npz", folder / "sprites")
        rows = pd.DataFrame({"epoch": [1] * 4 + [2] * 4, "unit": [0, 1, 2, 3] * 2, "layer": 1, "active_fraction": 0.5})
        rows[["dw_min", "dw_max", "background", "dead", "inactive", "dark"]] = 0
        rows.to_csv(folder / "units.csv.gz", index=False)
    return config, Assets(tmp_path / "results", tmp_path / "media")


def write(path):
    path.parent.mkdir(parents=True)
    return path


def test_the_player_begins_with_the_first_comparison(media):
    config, beside = media
    given = player(config, list(config.runs.values()), beside)
    assert list(given["runs"]) == list(config.runs)  # in the order of the configuration
    assert [given["left"], given["right"]] == [run.name for run in config.comparisons["pair"].runs]
    content = read_pack(beside.folder / f"{given['packs'][given['left']]}.pack.js")[1]
    assert content["moments"] == [{"label": "epoch 1", "time": 1}, {"label": "epoch 2", "time": 2}]
    assert [(beside.folder.parent / strip).is_file() for strip in content["strips"]] == [True]
    assert content["active"] == [0.5] * 8
    assert content["epochs"] == 2


def test_without_runs_there_is_no_player_and_without_comparisons_it_begins_with_the_first_and_the_last(media):
    config, beside = media
    assert player(config, [], beside) is None
    alone = [run for run in config.runs.values() if run.batch_size == 10]
    given = player(config, alone, beside)
    assert (given["left"], given["right"]) == (alone[0].name, alone[1].name)


def read_pack(path):
    """The name and the content that a pack hands over."""
    name, data = re.fullmatch(r'pack\("(.*)", "(.*)"\);\n', path.read_text()).groups()
    return name, json.loads(gzip.decompress(base64.b64decode(data)))


def test_a_pack_is_a_script_that_hands_over_its_content(tmp_path):
    write_pack(tmp_path, "name", {"values": [1, math.nan, math.inf]})
    assert read_pack(tmp_path / "name.pack.js") == ("name", {"values": [1, None, None]})
    first = (tmp_path / "name.pack.js").read_bytes()
    write_pack(tmp_path, "name", {"values": [1, math.nan, math.inf]})
    assert (tmp_path / "name.pack.js").read_bytes() == first


@pytest.mark.parametrize(("count", "columns"), [(1, 1), (2, 2), (100, 4)])
def test_a_contact_sheet_has_the_first_frame_and_the_last(tmp_path, count, columns):
    for side in ("left", "right"):
        (tmp_path / side).mkdir()
        for epoch in range(1, count + 1):
            frame = Image.new("L", (232, 232), {1: 100, count: 200}.get(epoch, 150))
            frame.save(tmp_path / side / f"epoch-{epoch:06d}.png")
    contact_sheet([tmp_path / "left", tmp_path / "right"], tmp_path / "sheet.jpg")
    with Image.open(tmp_path / "sheet.jpg") as sheet:
        assert sheet.size == (columns * 116 + (columns - 1) * 16, 2 * (116 + BAND + 1))  # rows of even height
        pixels = np.asarray(sheet)
    assert abs(int(pixels[BAND + 60, 60]) - (100 if count > 1 else 200)) < 5
    assert abs(int(pixels[-60, -60]) - 200) < 5
