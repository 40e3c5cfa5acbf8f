"""The dW player's data: where squares lie, when frames were drawn, and the numbers of units."""

import base64
import gzip
import json
import math
import re

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from dying_relu.frames import stacked
from dying_relu.layout import BAND, layout
from dying_relu.packs import write_pack
from dying_relu.player import moments, numbers
from dying_relu.videos import contact_sheet
from helpers import make_run


@pytest.mark.parametrize("hidden", [(256,), (7,), (30, 256, 5)])
def test_the_layout_is_that_of_the_frames(hidden):
    inputs = [784, *hidden[:-1]]
    layers = layout(hidden)
    for layer, units in enumerate(hidden):
        for unit in range(units):
            # A picture in which this square alone is white.
            squares = [np.zeros((n, width), np.uint8) for n, width in zip(hidden, inputs, strict=True)]
            squares[layer][unit] = 255
            rows, columns = np.nonzero(stacked(squares) == 255)
            place = layers[layer]
            row, column = divmod(unit, place["columns"])
            assert rows.min() + BAND == place["top"] + 1 + row * (place["height"] + 1)
            assert columns.min() == 1 + column * (place["width"] + 1)
            assert columns.max() - columns.min() + 1 == place["width"]
        assert layers[layer]["units"] == units


def test_moments_of_epochs_and_of_steps():
    assert moments(make_run(epochs=5), {"every": 2, "unit": "epoch"}) == {
        "labels": ["epoch 2", "epoch 4"],
        "times": [2, 4],
    }
    run = make_run(epochs=2, batch_size=20000)  # three steps in an epoch
    steps = moments(run, {"every": 2, "unit": "step"})
    assert steps["labels"] == ["epoch 1, step 2", "epoch 2, step 4", "epoch 2, step 6"]
    assert steps["times"] == pytest.approx([2 / 3, 4 / 3, 2])


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
    assert found["active"][1:] == [0.5, 0.1234]
    assert found["low"][1:] == [0.0, -0.00123]
    assert found["high"][1:] == [0.0, 4.57e-9]
    assert found["background"] == [None, 0, 128]
    assert found["flags"] == [2, 7, 4]


def test_a_pack_is_a_script_that_hands_over_its_content(tmp_path):
    write_pack(tmp_path, "name", {"values": [1, math.nan, math.inf]})
    name, data = re.fullmatch(r'pack\("(.*)", "(.*)"\);\n', (tmp_path / "name.pack.js").read_text()).groups()
    assert name == "name"
    assert json.loads(gzip.decompress(base64.b64decode(data))) == {"values": [1, None, None]}
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
