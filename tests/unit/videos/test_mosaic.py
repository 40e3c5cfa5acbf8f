"""The mosaic, pixel by pixel."""

from contextlib import closing

import numpy as np
import pytest
from PIL import Image

from dying_relu.io.writers import NpzWriter
from dying_relu.videos.mosaic import SEPARATOR, draw_frames, mosaic

S = SEPARATOR


def test_three_units_of_two_by_two():
    squares = np.array([[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12]], np.uint8)
    assert mosaic(squares).tolist() == [
        [S, S, S, S, S, S, S],
        [S, 1, 2, S, 5, 6, S],
        [S, 3, 4, S, 7, 8, S],
        [S, S, S, S, S, S, S],
        [S, 9, 10, S, S, S, S],
        [S, 11, 12, S, S, S, S],
        [S, S, S, S, S, S, S],
    ]


@pytest.mark.parametrize(("inputs", "shape"), [(1, (1, 1)), (3, (1, 3)), (5, (2, 3)), (32, (5, 7))])
def test_rectangles_are_nearly_square(inputs, shape):
    picture = mosaic(np.zeros((1, inputs), np.uint8))
    assert picture.shape == (shape[0] + 2, shape[1] + 2)
    assert picture[1:-1, 1:-1].ravel().tolist() == [0] * inputs + [S] * (shape[0] * shape[1] - inputs)


def test_png_files_hold_the_exact_brightness_and_stacked_layers(tmp_path):
    first = np.random.default_rng(0).integers(0, 256, (4, 9), np.uint8)
    second = first[:2, :4]
    with closing(NpzWriter(tmp_path / "dw.npz")) as archive:
        archive.append("epoch-000001", first)
        archive.append("epoch-000002", first)
        archive.append("epoch-000002-layer-2", second)
    draw_frames(tmp_path / "dw.npz", tmp_path / "frames")
    one, two = (Image.open(tmp_path / "frames" / f"epoch-{epoch:06d}.png") for epoch in (1, 2))
    assert one.mode == "L"
    assert np.array_equal(one, mosaic(first))
    below = np.pad(mosaic(second), ((0, 0), (0, 2)), constant_values=S)
    assert np.array_equal(two, np.concatenate([mosaic(first), below]))
