"""Frames: the squares of all units as one picture."""

from math import ceil, isqrt, sqrt
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

# Neither black, white nor mid-gray, so that the border of no square disappears.
SEPARATOR = 64


def mosaic(squares: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The squares of all units, row by row, with separators of one pixel around each.

    `squares` is `[units, inputs]`, where inputs is a square number (784 for 28 x 28); the picture,
    uint8 `[height, width]`, has ceil(sqrt(units)) squares in a row. Raises ValueError for inputs
    that make no square.
    """
    units, inputs = squares.shape
    side = isqrt(inputs)
    if side * side != inputs:
        raise ValueError(f"{inputs} inputs do not make a square")
    columns = ceil(sqrt(units))
    rows = ceil(units / columns)
    cells = np.full((rows * columns, side + 1, side + 1), SEPARATOR, np.uint8)
    cells[:units, 1:, 1:] = squares.reshape(units, side, side)
    grid = cells.reshape(rows, columns, side + 1, side + 1).swapaxes(1, 2).reshape(rows * (side + 1), -1)
    return np.pad(grid, ((0, 1), (0, 1)), constant_values=SEPARATOR)


def draw(archive: Path, folder: Path) -> None:
    """Draw every array of the .npz `archive` as a grayscale PNG of the same name in `folder`, which is made."""
    folder.mkdir()
    with np.load(archive) as arrays:
        for name in arrays.files:
            Image.fromarray(mosaic(arrays[name])).save(folder / f"{name}.png")
