"""Videos: labelled frames as H.264, which every browser plays; and single frames as pictures."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import cache
from itertools import chain
from math import ceil
from pathlib import Path

import ffmpeg
import imageio_ffmpeg
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from dying_relu.measurements.frame_schedule import DIVERGED, frame_label
from dying_relu.videos.mosaic import stack

BAND = 27  # height of the band with title and label above a frame, pixels
MARGIN = 8
MIN_WIDTH = 8 * 28  # of a frame with its band: eight of the article's squares
MAX_BAND_WIDTH = 640  # beyond which a title is cut, unless the frame is wider
INK, PAPER = 255, 0
FONT = ImageFont.load_default(15)  # comes with Pillow, so it is the same on every machine


class EncodingError(RuntimeError):
    """ffmpeg failed; the message has its last words."""


def make_video(folders: Sequence[Path], titles: Sequence[str], path: Path, frames_per_second: int) -> None:
    """Encode the PNG frames of one folder, or of several side by side, as the MP4 file `path`.

    Title and label stand above each frame. All folders must have frames of the same names, which give the order; only
    a run that diverged may have fewer, and its last frame, which says so, stays. Raises ValueError if a folder has no
    frames, others, or frames of several sizes, EncodingError if ffmpeg fails.
    """
    names = _frame_names(folders)
    # A diverged run's last frame stands beside any other; all other frames must be the same on both sides.
    if not all(names) or any(
        len({name for name in shown if not name.endswith(DIVERGED)}) > 1 for shown in zip(*names, strict=True)
    ):
        raise ValueError(f"no frames, or not the same ones: {', '.join(map(str, folders))}")
    label_widths = [_label_width(own) for own in names]
    pictures = (
        _side_by_side([_labelled(*frame) for frame in zip(folders, titles, shown, label_widths, strict=True)])
        for shown in zip(*names, strict=True)
    )
    _encode(pictures, path, frames_per_second)


def _frame_names(folders: Sequence[Path]) -> list[list[str]]:
    """The names of each folder's frames; the last frame of a shorter run is repeated."""
    names = [sorted(file.stem for file in folder.glob("*.png")) for folder in folders]
    count = max(map(len, names))
    return [own + own[-1:] * (count - len(own)) for own in names]


def contact_sheet(folders: Sequence[Path], path: Path, most: int = 4) -> None:
    """Save at most `most` frames of each folder at half their size as the JPEG file `path`, a row for each folder.

    The steps between the frames grow from the first to the last, because early epochs change the most: of 100 frames
    it shows the 1st, 5th, 22nd and last. A run that diverged stays at its last frame.
    """
    names = _frame_names(folders)
    count = len(names[0])
    chosen = sorted({round(count ** (step / (most - 1))) - 1 for step in range(most)})
    rows = [
        _side_by_side([_labelled(folder, "", own[index], _label_width([own[index]]), shrink=2) for index in chosen])
        for folder, own in zip(folders, names, strict=True)
    ]
    Image.fromarray(stack([np.asarray(row) for row in rows], PAPER)).save(path, "JPEG", quality=80)


def still(folders: Sequence[Path], titles: Sequence[str], frame: str, path: Path) -> None:
    """Save the frame `frame` of each folder side by side as the PNG file `path`, labelled as in a video."""
    parts = [
        _labelled(folder, title, frame, _label_width([frame])) for folder, title in zip(folders, titles, strict=True)
    ]
    _side_by_side(parts).save(path, optimize=True)


def shrunk(source: Path, path: Path, width: int) -> None:
    """Save the picture `source`, scaled to a width of `width` pixels, as the PNG file `path` with 256 colours."""
    with Image.open(source) as picture:
        small = picture.convert("RGB").resize((width, round(picture.height * width / picture.width)), Image.LANCZOS)
    # MAXCOVERAGE keeps the ends of colour maps.
    small.quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(path, optimize=True)


def _labelled(folder: Path, title: str, name: str, label_width: float, shrink: int = 1) -> Image.Image:
    """The frame `name`, shrunk by a factor, below a band with the title on the left and its label on the right.

    The size does not depend on the label, for which there is always room; a title that is too long is cut.
    """
    wanted = min(ceil(FONT.getlength(title) + label_width) + 4 * MARGIN, MAX_BAND_WIDTH)
    with Image.open(folder / f"{name}.png") as picture:
        frame = picture.reduce(shrink) if shrink > 1 else picture
        width = max(frame.width, MIN_WIDTH // shrink, wanted)
        canvas = Image.new("L", (width, frame.height + BAND), PAPER)
        canvas.paste(frame, (0, BAND))
    canvas.paste(_band(title, width, width - label_width - 4 * MARGIN))
    ImageDraw.Draw(canvas).text((width - MARGIN, BAND // 2), frame_label(name), INK, FONT, anchor="rm")
    return canvas


def _label_width(names: Sequence[str]) -> float:
    """The width of the longest label of the frames, in pixels."""
    return max(FONT.getlength(frame_label(name)) for name in names)


@cache
def _band(title: str, width: int, title_width: float) -> Image.Image:
    """The band above a frame, with the title only; cached, because drawing text is the slowest step of a frame."""
    if FONT.getlength(title) > title_width:
        while FONT.getlength(f"{title}...") > title_width:
            title = title[:-1]
        title += "..."
    band = Image.new("L", (width, BAND), PAPER)
    ImageDraw.Draw(band).text((MARGIN, BAND // 2), title, INK, FONT, anchor="lm")
    return band


def _side_by_side(parts: Sequence[Image.Image]) -> Image.Image:
    """Join the pictures in one row, padded to an even width and height, which yuv420p needs."""
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
        f"file:{path}",  # or a colon in the path would make it a protocol
        vcodec="libx264",
        pix_fmt="yuv420p",
        # The preset medium takes four times as long for a tenth fewer bytes at the same quality (PSNR).
        preset="superfast",
        crf=20,
        g=frames_per_second,  # a key frame per second makes seeking quick
        movflags="+faststart",
        # The bytes depend on the frames alone: one thread, no version, no date.
        threads=1,
        fflags="+bitexact",
        **{"flags:v": "+bitexact"},
    )
    process = (
        stream.global_args("-loglevel", "error")
        .overwrite_output()
        .run_async(cmd=imageio_ffmpeg.get_ffmpeg_exe(), pipe_stdin=True, pipe_stderr=True)
    )
    with suppress(BrokenPipeError):  # ffmpeg gave up; its message follows
        for picture in chain([first], pictures):
            if picture.size != first.size:
                process.kill()
                raise ValueError(f"{path}: a frame has {picture.size} pixels, the first one {first.size}")
            process.stdin.write(picture.tobytes())
        process.stdin.close()
    message = process.stderr.read().decode(errors="replace").strip()
    if process.wait():
        raise EncodingError(f"{path}: {message}")
