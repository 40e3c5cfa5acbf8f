"""The mosaic, pixel by pixel."""

from contextlib import closing

import numpy as np
import pytest
from PIL import Image

from dying_relu.io.writers import NpzWriter
from dying_relu.videos.mosaic import SEPARATOR, draw_frames, frame, mosaic

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


def test_the_articles_layer_is_sixteen_by_sixteen_squares():
    squares = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 784, axis=1)
    picture = mosaic(squares)
    assert picture.shape == (16 * 29 + 1, 16 * 29 + 1)
    # Unit 37 is the sixth of the third row.
    assert (picture[2 * 29 + 1 : 3 * 29, 5 * 29 + 1 : 6 * 29] == 37).all()


def test_inputs_that_make_no_square_make_a_rectangle():
    squares = np.array([[1, 2, 3, 4, 5]], np.uint8)
    assert mosaic(squares).tolist() == [[S, S, S, S, S], [S, 1, 2, 3, S], [S, 4, 5, S, S], [S, S, S, S, S]]


@pytest.mark.parametrize(
    ("inputs", "shape"), [(1, (1, 1)), (3, (1, 3)), (12, (3, 4)), (32, (5, 7)), (48, (6, 8)), (256, (16, 16))]
)
def test_rectangles_are_nearly_square(inputs, shape):
    picture = mosaic(np.zeros((1, inputs), np.uint8))
    assert picture.shape == (shape[0] + 2, shape[1] + 2)
    assert (picture == 0).sum() == inputs


def test_layers_are_stacked():
    first, second = np.full((4, 9), 1, np.uint8), np.full((2, 4), 2, np.uint8)
    picture = frame([first, second])
    assert picture.shape == (9 + 4, 9)
    assert np.array_equal(picture[:9], mosaic(first))
    assert np.array_equal(picture[9:, :7], mosaic(second))
    assert (picture[9:, 7:] == S).all()


def test_png_files_hold_the_exact_brightness(tmp_path):
    squares = np.random.default_rng(0).integers(0, 256, (4, 9), np.uint8)
    with closing(NpzWriter(tmp_path / "dw.npz")) as archive:
        archive.append("epoch-000001", squares)
        archive.append("epoch-000002", squares)
        archive.append("epoch-000002-layer-2", squares[:, :4])
    draw_frames(tmp_path / "dw.npz", tmp_path / "frames")
    with Image.open(tmp_path / "frames" / "epoch-000001.png") as picture:
        assert picture.mode == "L"
        assert np.array_equal(np.asarray(picture), mosaic(squares))
    with Image.open(tmp_path / "frames" / "epoch-000002.png") as picture:
        assert np.array_equal(np.asarray(picture), frame([squares, squares[:, :4]]))
