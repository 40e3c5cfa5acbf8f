"""Sprite strips: frames below each other as pictures, from which the page's player cuts the squares of the units.

Pictures, because a browser has all of a picture at hand, while seeking in a video can be slow.
"""

import json
from collections.abc import Sequence
from itertools import groupby
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from dying_relu.measurements.frame_schedule import frame_of
from dying_relu.videos.mosaic import Picture, geometry, stack, tile

FRAMES_PER_STRIP = 10
WEBP_LIMIT = 16383  # pixels, the largest height and width of a WebP picture
BLOCK = 4  # pixels; WebP compresses blocks of 4 x 4, so a square that starts with a block does not bleed into others
# The defaults, 4 and 75, take three times as long for 6 % fewer bytes, further from the original (PSNR).
METHOD, QUALITY = 0, 70


def layout(shapes: Sequence[tuple[int, int]]) -> list[dict[str, int]]:
    """Where the squares of each hidden layer lie in a frame of a strip; `shapes` has `(units, inputs)` of each layer.

    There are `columns` squares in a row. All other values are pixels: a square has `width` x `height`, as in
    `mosaic.geometry`, and no border; a square follows every `across`, a row every `down`; the layer starts at `top`.
    """
    layers, top = [], 0
    for units, inputs in shapes:
        rows, columns, height, width = geometry(units, inputs)
        down, across = (ceil(length / BLOCK) * BLOCK for length in (height, width))
        layers.append({"units": units, "columns": columns, "width": width, "height": height})
        layers[-1] |= {"across": across, "down": down, "top": top}
        top += rows * down
    return layers


def sprite_frame(layers: Sequence[Picture], places: Sequence[dict[str, int]]) -> Picture:
    """Arrange the squares of a frame, `[units, inputs]` of each layer, as one picture; `places` as in `layout`."""
    pictures = []
    for squares, place in zip(layers, places, strict=True):
        units, inputs = squares.shape
        rows, columns, height, width = geometry(units, inputs)
        # Empty space repeats the last pixel, which costs the fewest bytes.
        filled = np.pad(squares, ((0, rows * columns - units), (0, height * width - inputs)), mode="edge")
        margins = ((0, 0), (0, place["down"] - height), (0, place["across"] - width))
        pictures.append(tile(np.pad(filled.reshape(-1, height, width), margins, mode="edge"), columns))
    return stack(pictures, 0)


def draw_sprites(archive: Path, folder: Path) -> None:
    """Draw the frames of the .npz `archive` as strips `000.webp`, `001.webp` and so on in the new folder `folder`.

    `sprites.json` describes them: the names of all `frames`, how many are `in_strip`, the `height` of a frame, and the
    `layers` as in `layout`. There are no strips, and `frames` is empty, if the training left no frame, or if a frame
    is larger than a WebP picture can be.
    """
    folder.mkdir()
    about: dict[str, Any] = {"frames": [], "in_strip": 0, "height": 0, "layers": []}
    with np.load(archive) as arrays:
        frames = {name: list(layers) for name, layers in groupby(arrays.files, frame_of)}
        names = list(frames)

        def draw(name: str) -> Picture:
            return sprite_frame([arrays[layer] for layer in frames[name]], about["layers"])

        if names:
            about["layers"] = layout([arrays[layer].shape for layer in frames[names[0]]])
        if names and max((first := draw(names[0])).shape) <= WEBP_LIMIT:
            height = len(first)
            in_strip = min(FRAMES_PER_STRIP, WEBP_LIMIT // height)
            about |= {"frames": names, "in_strip": in_strip, "height": height}
            for number, start in enumerate(range(0, len(names), in_strip)):
                strip = np.concatenate([draw(name) for name in names[start : start + in_strip]])
                Image.fromarray(strip).save(folder / f"{number:03d}.webp", quality=QUALITY, method=METHOD)
    (folder / "sprites.json").write_text(json.dumps(about, indent=1) + "\n")
