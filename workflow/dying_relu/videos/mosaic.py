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

Picture = NDArray[np.uint8]
SEPARATOR = 64  # neither black, white nor mid-gray, so that the border of every square shows


def geometry(units: int, inputs: int) -> tuple[int, int, int, int]:
    """Rows and columns of a layer's squares, and rows and columns of pixels in a square.

    A row has ceil(sqrt(units)) squares. A square shows the inputs row by row: 784 as 28 x 28; where the number is no
    square, it is a rectangle of isqrt(inputs) rows, as nearly square as possible.
    """
    columns = ceil(sqrt(units))
    height = isqrt(inputs)
    return ceil(units / columns), columns, height, ceil(inputs / height)


def tile(cells: Picture, columns: int) -> Picture:
    """Arrange the cells `[rows * columns, height, width]` row by row as one picture."""
    _, height, width = cells.shape
    return cells.reshape(-1, columns, height, width).swapaxes(1, 2).reshape(-1, columns * width)


def stack(pictures: Sequence[Picture], fill: int) -> Picture:
    """Stack the pictures, the first on top; `fill` is the gray to the right of narrower ones."""
    width = max(picture.shape[1] for picture in pictures)
    return np.concatenate(
        [np.pad(picture, ((0, 0), (0, width - picture.shape[1])), constant_values=fill) for picture in pictures]
    )


def mosaic(squares: Picture) -> Picture:
    """Arrange the squares of a layer, `[units, inputs]`, as `geometry` says, with separators of one pixel around each.

    Pixels of a rectangle beyond the last input are as gray as the separators.
    """
    units, inputs = squares.shape
    rows, columns, height, width = geometry(units, inputs)
    squares = np.pad(squares, ((0, 0), (0, height * width - inputs)), constant_values=SEPARATOR)
    cells = np.full((rows * columns, height + 1, width + 1), SEPARATOR, np.uint8)
    cells[:units, 1:, 1:] = squares.reshape(units, height, width)
    return np.pad(tile(cells, columns), ((0, 1), (0, 1)), constant_values=SEPARATOR)


def frame(layers: Sequence[Picture]) -> Picture:
    """The mosaics of all hidden layers as one picture, the first on top.

    One picture makes one video per network, and puts the same layers of two networks next to each other.
    """
    return stack([mosaic(squares) for squares in layers], SEPARATOR)


def draw_frames(archive: Path, folder: Path) -> None:
    """Draw each frame of the .npz `archive` as a grayscale PNG of the same name in the new folder `folder`."""
    folder.mkdir()
    with np.load(archive) as arrays:
        for name, layers in groupby(arrays.files, frame_of):
            picture = Image.fromarray(frame([arrays[layer] for layer in layers]))
            # Run lengths compress as well as the default does, in a third of its time.
            picture.save(folder / f"{name}.png", compress_level=1, compress_type=zlib.Z_RLE)
