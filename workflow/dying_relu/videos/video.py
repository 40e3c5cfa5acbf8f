"""Videos: frames with their labels, one after another, as H.264 that every browser plays."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import cache
from itertools import chain
from math import ceil
from pathlib import Path

import ffmpeg
import imageio_ffmpeg
from PIL import Image, ImageDraw, ImageFont

from dying_relu.measurements.frame_schedule import DIVERGED, frame_label

BAND = 27  # height of the band with the labels, pixels
MARGIN = 8
INK, PAPER = 255, 0


class EncodingError(RuntimeError):
    """ffmpeg failed; the message is what it said."""


def make_video(folders: Sequence[Path], titles: Sequence[str], path: Path, frames_per_second: int) -> None:
    """Stitch the PNG frames of one folder, or of several side by side, into the MP4 file `path`.

    Each part has its title and the label of its frame above it. Frames are taken in the order of
    their names, which must be the same in all folders: raises ValueError otherwise, or when there
    are none. Only a run that diverged may have fewer: its last frame, which says so, stays. Raises
    EncodingError when ffmpeg fails.
    """
    names = [sorted(file.name for file in folder.glob("*.png")) for folder in folders]
    longest = max(names, key=len)
    if not longest or not all(_agrees(found, longest) for found in names):
        raise ValueError(f"no frames, or not the same ones: {', '.join(map(str, folders))}")
    _encode(
        (
            _side_by_side(
                [
                    _labelled(folder / name, title, frame_label(name.removesuffix(".png")))
                    for folder, title, name in zip(folders, titles, shown, strict=True)
                ]
            )
            for shown in zip(*(found + found[-1:] * (len(longest) - len(found)) for found in names), strict=True)
        ),
        path,
        frames_per_second,
    )


def _agrees(names: Sequence[str], longest: Sequence[str]) -> bool:
    """Whether these are the frames of the longest run, or the beginning of them up to where the run diverged."""
    if names and names[-1].endswith(f"{DIVERGED}.png"):
        names = names[:-1]
        return names == longest[: len(names)]
    return names == longest


def contact_sheet(folders: Sequence[Path], path: Path, most: int = 4) -> None:
    """Put at most `most` frames of each folder into the JPEG file `path`, a row for each folder, at half their size.

    The first and the last are among them, and between them the steps grow, as what happens becomes rarer:
    of 100 frames it is the first, the 5th, the 22nd and the last. A run that diverged stays at its last frame.
    """
    names = [sorted(file.name for file in folder.glob("*.png")) for folder in folders]
    count = max(map(len, names))
    names = [own + own[-1:] * (count - len(own)) for own in names]
    chosen = sorted({round(count ** (step / (most - 1))) - 1 for step in range(most)})
    rows = [
        _side_by_side(
            [_labelled(folder / own[index], "", frame_label(own[index].removesuffix(".png")), 2) for index in chosen]
        )
        for folder, own in zip(folders, names, strict=True)
    ]
    sheet = Image.new("L", (max(row.width for row in rows), sum(row.height for row in rows)), PAPER)
    top = 0
    for row in rows:
        sheet.paste(row, (0, top))
        top += row.height
    sheet.save(path, "JPEG", quality=80)


def still(folders: Sequence[Path], titles: Sequence[str], frame: str, path: Path) -> None:
    """Put one frame of each folder side by side into the PNG file `path`, labelled as in a video."""
    parts = [
        _labelled(folder / f"{frame}.png", title, frame_label(frame))
        for folder, title in zip(folders, titles, strict=True)
    ]
    _side_by_side(parts).save(path, optimize=True)


def shrunk(source: Path, path: Path, width: int) -> None:
    """Put the picture `source` into the PNG file `path`, as wide as `width` pixels, in 256 colours."""
    with Image.open(source) as picture:
        small = picture.convert("RGB").resize((width, round(picture.height * width / picture.width)), Image.LANCZOS)
    # Of the ways to choose colours this one keeps the ends of colour maps.
    small.quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(path, optimize=True)


def _labelled(file: Path, title: str, label: str, shrink: int = 1) -> Image.Image:
    """The frame below a band with the title on the left and the label on the right, shrunk so many times."""
    with Image.open(file) as picture:
        frame = picture.reduce(shrink) if shrink > 1 else picture
        needed = ceil(_font().getlength(title) + _font().getlength(label)) + 4 * MARGIN
        canvas = Image.new("L", (max(frame.width, 28 * 8 // shrink, needed), frame.height + BAND), PAPER)
        canvas.paste(frame, (0, BAND))
    canvas.paste(_band(title, canvas.width))
    ImageDraw.Draw(canvas).text((canvas.width - MARGIN, BAND // 2), label, INK, _font(), anchor="rm")
    return canvas


@cache
def _font() -> ImageFont.FreeTypeFont:
    return ImageFont.load_default(15)  # it comes with Pillow: the same on every machine


@cache
def _band(title: str, width: int) -> Image.Image:
    """The band above a frame, with the title alone. To write takes longer than all else that is done for a frame."""
    band = Image.new("L", (width, BAND), PAPER)
    ImageDraw.Draw(band).text((MARGIN, BAND // 2), title, INK, _font(), anchor="lm")
    return band


def _side_by_side(parts: Sequence[Image.Image]) -> Image.Image:
    """The parts in one row, padded to even width and height, which yuv420p needs."""
    gap = 2 * MARGIN
    width = sum(part.width for part in parts) + gap * (len(parts) - 1)
    height = max(part.height for part in parts)
    canvas = Image.new("L", (width + width % 2, height + height % 2), PAPER)
    left = 0
    for part in parts:
        canvas.paste(part, (left, 0))
        left += part.width + gap
    return canvas


def _encode(pictures: Iterable[Image.Image], path: Path, frames_per_second: int) -> None:
    pictures = iter(pictures)
    first = next(pictures)
    stream = ffmpeg.input(
        "pipe:", format="rawvideo", pix_fmt="gray", video_size=first.size, framerate=frames_per_second
    ).output(
        str(path),
        vcodec="libx264",
        pix_fmt="yuv420p",
        # Of what the default takes (medium, 20) a quarter of the time, a tenth more bytes, the same quality (PSNR).
        preset="superfast",
        crf=20,
        g=frames_per_second,  # a key frame each second, so that seeking is quick
        movflags="+faststart",
        # The bytes must depend on the frames alone: one thread, no version, no date.
        threads=1,
        fflags="+bitexact",
        **{"flags:v": "+bitexact"},
    )
    process = (
        stream.global_args("-loglevel", "error")
        .overwrite_output()
        .run_async(cmd=imageio_ffmpeg.get_ffmpeg_exe(), pipe_stdin=True, pipe_stderr=True)
    )
    with suppress(BrokenPipeError):  # ffmpeg gave up; it says why below
        for picture in chain([first], pictures):
            process.stdin.write(picture.tobytes())
        process.stdin.close()
    said = process.stderr.read().decode(errors="replace").strip()
    if process.wait():
        raise EncodingError(f"{path}: {said}")
