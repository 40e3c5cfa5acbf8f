"""Strips: frame below frame as pictures, from which the page's player cuts the squares of the units.

Pictures and no video: a browser has all of a picture at hand, while it seeks in a video as slowly as it likes.
"""

import json
from itertools import groupby
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dying_relu.measurements.frame_schedule import frame_of
from dying_relu.videos.mosaic import geometry

FRAMES = 10  # in a strip, or fewer where they would become too high
LARGEST = 16383  # pixels, the most that a WebP picture has in height or width
BLOCK = 4  # pixels; what WebP compresses as one, so that squares that begin with one keep apart
# Of the default, 4 and 75, a third of the time, 6 % more bytes, and nearer to the original (PSNR).
METHOD, QUALITY = 0, 70


def layout(shapes: list[tuple[int, int]]) -> list[dict[str, int]]:
    """For each hidden layer, of `(units, inputs)`, how its squares lie in a frame of the strip, in pixels.

    Squares of `width` x `height`, as in `frames.mosaic`, stand in rows of `columns` without borders, one every
    `across` pixels and a row every `down`; `top` is where the layer begins.
    """
    layers, top = [], 0
    for units, inputs in shapes:
        rows, columns, height, width = geometry(units, inputs)
        down, across = (ceil(length / BLOCK) * BLOCK for length in (height, width))
        layers.append({"units": units, "columns": columns, "width": width, "height": height})
        layers[-1] |= {"across": across, "down": down, "top": top}
        top += rows * down
    return layers


def sheet(layers: list[NDArray[np.uint8]], places: list[dict[str, int]]) -> NDArray[np.uint8]:
    """The squares of a frame, of each layer uint8 `[units, inputs]`, as one picture `[height, width]`; see `layout`."""
    drawn = []
    for squares, place in zip(layers, places, strict=True):
        units, inputs = squares.shape
        rows, columns, height, width = geometry(units, inputs)
        # What is left over repeats the last pixel, which costs the least.
        filled = np.pad(squares, ((0, rows * columns - units), (0, height * width - inputs)), mode="edge")
        cells = np.pad(
            filled.reshape(-1, height, width),
            ((0, 0), (0, place["down"] - height), (0, place["across"] - width)),
            mode="edge",
        )
        grid = cells.reshape(rows, columns, place["down"], place["across"]).swapaxes(1, 2)
        drawn.append(grid.reshape(rows * place["down"], columns * place["across"]))
    wide = max(picture.shape[1] for picture in drawn)
    return np.concatenate([np.pad(picture, ((0, 0), (0, wide - picture.shape[1]))) for picture in drawn])


def draw_sprites(archive: Path, folder: Path) -> None:
    """Draw the frames of the .npz `archive` into `folder`, which is made: strips as `000.webp`, `001.webp` and so on.

    `sprites.json` says what they hold: the names of all `frames` in their order, how many are in a strip,
    the `height` of a frame, and the `layers`; see `layout`. A training that has left no frame gives no strips; nor
    does a network whose frame is larger than such a picture can be, and `frames` is empty then.
    """
    folder.mkdir()
    about: dict[str, Any] = {"frames": [], "in_strip": 0, "height": 0, "layers": []}
    with np.load(archive) as arrays:
        frames = [(frame, list(names)) for frame, names in groupby(arrays.files, frame_of)]
        if frames:
            about["layers"] = layout([arrays[name].shape for name in frames[0][1]])
            height, width = sheet([arrays[name] for name in frames[0][1]], about["layers"]).shape
            if max(height, width) <= LARGEST:
                in_strip = min(FRAMES, LARGEST // height)
                about |= {"frames": [frame for frame, _ in frames], "in_strip": in_strip, "height": height}
                for number, start in enumerate(range(0, len(frames), in_strip)):
                    strip = [
                        sheet([arrays[name] for name in names], about["layers"])
                        for _, names in frames[start : start + in_strip]
                    ]
                    path = folder / f"{number:03d}.webp"
                    Image.fromarray(np.concatenate(strip)).save(path, quality=QUALITY, method=METHOD)
    (folder / "sprites.json").write_text(json.dumps(about, indent=1) + "\n")
