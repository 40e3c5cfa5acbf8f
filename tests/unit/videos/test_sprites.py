"""Sprites: every square can be cut out of the strips again."""

import json
from contextlib import closing

import numpy as np
import pytest
from PIL import Image

from dying_relu.io.writers import NpzWriter
from dying_relu.measurements.frame_schedule import array_name
from dying_relu.videos import sprites
from dying_relu.videos.sprites import draw_sprites, layout, sprite_frame


def archive(path, frames, shapes):
    """Synthetic dW: smooth squares, which WebP hardly changes, of another brightness in each frame."""
    with closing(NpzWriter(path)) as arrays:
        for number, frame in enumerate(frames):
            for layer, (units, inputs) in enumerate(shapes, 1):
                levels = (np.arange(units)[:, None] * 7 + 20 * number) % 200 + np.arange(inputs) * 40 // inputs
                arrays.append(array_name(frame, layer), levels.astype(np.uint8))
    return np.load(path)


def cut(picture, place, unit, top=0):
    """The square of a unit, `[height, width]`."""
    row, column = divmod(unit, place["columns"])
    y, x = top + place["top"] + row * place["down"], column * place["across"]
    return picture[y : y + place["height"], x : x + place["width"]]


@pytest.mark.parametrize("shapes", [[(256, 784)], [(7, 784)], [(30, 784), (256, 30), (5, 256)], [(1, 784), (1, 1)]])
def test_every_square_lies_where_the_layout_says(shapes):
    layers = [np.random.default_rng(1).integers(0, 256, shape, np.uint8) for shape in shapes]
    places = layout(shapes)
    picture = sprite_frame(layers, places)
    for squares, place in zip(layers, places, strict=True):
        assert place["top"] % 4 == place["across"] % 4 == place["down"] % 4 == 0
        for unit, square in enumerate(squares):
            assert (cut(picture, place, unit).ravel()[: len(square)] == square).all()


@pytest.mark.parametrize("shapes", [[(16, 784)], [(9, 784), (4, 9)]])
def test_frames_come_back_from_the_strips(tmp_path, shapes):
    names = [f"epoch-{epoch:06d}" for epoch in range(1, 24)]
    arrays = archive(tmp_path / "dw.npz", names, shapes)
    draw_sprites(tmp_path / "dw.npz", tmp_path / "sprites")
    about = json.loads((tmp_path / "sprites" / "sprites.json").read_text())
    assert about["frames"] == names
    assert sorted(path.name for path in (tmp_path / "sprites").glob("*.webp")) == ["000.webp", "001.webp", "002.webp"]
    for number, name in enumerate(names):
        strip, row = divmod(number, about["in_strip"])
        picture = np.asarray(Image.open(tmp_path / "sprites" / f"{strip:03d}.webp").convert("L"))
        for layer, place in enumerate(about["layers"], 1):
            for unit, square in enumerate(arrays[array_name(name, layer)]):
                seen = cut(picture, place, unit, row * about["height"]).ravel()[: len(square)]
                assert abs(seen.astype(float).mean() - square.mean()) < 8


def test_high_frames_have_shorter_strips_and_too_high_ones_or_no_frames_none(tmp_path, monkeypatch):
    archive(tmp_path / "dw.npz", [f"epoch-{epoch:06d}" for epoch in range(1, 6)], [(4, 784)])  # of 56 pixels
    monkeypatch.setattr(sprites, "WEBP_LIMIT", 2 * 56)
    draw_sprites(tmp_path / "dw.npz", tmp_path / "two")
    heights = [Image.open(path).height for path in sorted((tmp_path / "two").glob("*.webp"))]
    assert heights == [112, 112, 56]
    monkeypatch.setattr(sprites, "WEBP_LIMIT", 55)
    archive(tmp_path / "empty.npz", [], [])
    for name in ("dw", "empty"):
        draw_sprites(tmp_path / f"{name}.npz", tmp_path / name)
        assert [path.name for path in (tmp_path / name).iterdir()] == ["sprites.json"]
        assert json.loads((tmp_path / name / "sprites.json").read_text())["frames"] == []
