"""Frames: the squares of all units as one picture."""

import zlib
from collections.abc import Sequence
from itertools import groupby
from math import ceil, isqrt, sqrt
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dying_relu.measurements.frame_schedule import frame_of

# Neither black, white nor mid-gray, so that the border of no square disappears.
SEPARATOR = 64


def geometry(units: int, inputs: int) -> tuple[int, int, int, int]:
    """Rows and columns of the squares of a layer, and rows and columns of pixels in each.

    There are ceil(sqrt(units)) squares in a row. One has the inputs row by row, 28 x 28 of 784; where they make no
    square, it is a rectangle of isqrt(inputs) rows, the smallest that is nearly square.
    """
    columns = ceil(sqrt(units))
    height = isqrt(inputs)
    return ceil(units / columns), columns, height, ceil(inputs / height)


def mosaic(squares: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The squares of all units of a layer, row by row, with separators of one pixel around each.

    `squares` is `[units, inputs]`, and the picture, uint8 `[height, width]`, has them as `geometry` says; what is left
    over at the end of a rectangle has the separators' gray.
    """
    units, inputs = squares.shape
    rows, columns, height, width = geometry(units, inputs)
    squares = np.pad(squares, ((0, 0), (0, height * width - inputs)), constant_values=SEPARATOR)
    cells = np.full((rows * columns, height + 1, width + 1), SEPARATOR, np.uint8)
    cells[:units, 1:, 1:] = squares.reshape(units, height, width)
    grid = cells.reshape(rows, columns, height + 1, width + 1).swapaxes(1, 2).reshape(rows * (height + 1), -1)
    return np.pad(grid, ((0, 1), (0, 1)), constant_values=SEPARATOR)


def stacked(layers: Sequence[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """The mosaics of all hidden layers as one picture, the first on top, uint8 `[height, width]`.

    One below the other, and all in one picture, so that a network is one video, and two networks side
    by side show the same layers next to each other at the scale of a single one.
    """
    mosaics = [mosaic(squares) for squares in layers]
    width = max(picture.shape[1] for picture in mosaics)
    same_width = [
        np.pad(picture, ((0, 0), (0, width - picture.shape[1])), constant_values=SEPARATOR) for picture in mosaics
    ]
    return np.concatenate(same_width)


def draw_frames(archive: Path, folder: Path) -> None:
    """Draw every frame of the .npz `archive` as a grayscale PNG of its name in `folder`, which is made."""
    folder.mkdir()
    with np.load(archive) as arrays:
        for frame, names in groupby(arrays.files, frame_of):
            path = folder / f"{frame}.png"
            # Runs of equal bytes are all that is looked for: as small as by default, in a third of the time.
            picture = Image.fromarray(stacked([arrays[name] for name in names]))
            picture.save(path, compress_level=1, compress_type=zlib.Z_RLE)
