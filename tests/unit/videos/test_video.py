"""Videos, made and read back by the real ffmpeg; stills and contact sheets, read back by Pillow."""

from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest
from PIL import Image

from dying_relu.videos.video import BAND, EncodingError, contact_sheet, make_video, shrunk, still
from dying_relu.videos.viewer import write_viewer


@pytest.fixture
def frames(tmp_path):
    """Three frames of 39 x 39 pixels, ever brighter, in two folders."""
    for folder, levels in (("left", (20, 120, 220)), ("right", (220, 120, 20))):
        (tmp_path / folder).mkdir()
        for epoch, level in enumerate(levels, 1):
            Image.new("L", (39, 39), level).save(tmp_path / folder / f"epoch-{epoch:06d}.png")
    return tmp_path


def read(path) -> tuple[dict, np.ndarray]:
    """What the video says of itself, and its frames, uint8 `[frames, height, width]`."""
    reader = imageio_ffmpeg.read_frames(str(path), pix_fmt="gray", bits_per_pixel=8)
    about = next(reader)
    width, height = about["size"]
    return about, np.array([np.frombuffer(frame, np.uint8).reshape(height, width) for frame in reader])


def test_one_frame_each_in_order_below_title_and_label(frames):
    make_video([frames / "left"], ["BN, ReLU"], frames / "dw.mp4", 10)
    about, pictures = read(frames / "dw.mp4")
    assert (about["codec"], about["fps"], about["duration"]) == ("h264", 10, 0.3)
    assert about["pix_fmt"].startswith("yuv420p")
    assert [round(float(picture[BAND + 20, 20]), -1) for picture in pictures] == [20, 120, 220]
    content = (frames / "dw.mp4").read_bytes()
    assert 0 < content.index(b"moov") < content.index(b"mdat")  # a browser starts before it has the whole file
    title, label = np.split(pictures[:, :BAND], [110], axis=2)
    assert title.max() > 200
    assert label.max() > 200
    assert np.abs(title[0].astype(int) - title[2]).max() < 60  # the title stays
    assert np.abs(label[0].astype(int) - label[2]).max() > 150  # the epoch changes


LONG = "no BN, Leaky ReLU, slope 0.001, mini-batch 100, 4 x 256 hidden units, SGD, learning rate 0.1, biases from -1"


@pytest.mark.parametrize("title", ["BN", "BN, ReLU, mini-batch 100, 2 x 16 hidden units", LONG])
@pytest.mark.parametrize("names", [("000009", "000010"), ("000099", "000100"), ("000009", "000010-diverged")])
def test_all_frames_of_a_video_have_the_size_of_the_first(tmp_path, title, names):
    """Whatever the length of the labels: the frame stays where it is, the label is whole, a long title is cut."""
    for name in names:
        Image.new("L", (39, 39), 200).save(tmp_path / f"epoch-{name}.png")
    make_video([tmp_path], [title], tmp_path / "dw.mp4", 10)
    first, last = read(tmp_path / "dw.mp4")[1].astype(int)
    assert np.abs(first[BAND + 2 : BAND + 36, 2:36] - 200).max() < 20
    assert np.abs(first[BAND:] - last[BAND:]).max() < 20
    ink = np.flatnonzero(last[:BAND].max(0) > 60)
    assert np.diff(ink).max() >= 12  # the title does not run into the label
    assert len(last[0]) - 14 <= ink[-1] < len(last[0]) - 4  # the label ends at the margin


def test_what_cannot_become_a_video_is_refused(frames):
    (frames / "empty").mkdir()
    with pytest.raises(ValueError, match="no frames"):
        make_video([frames / "empty"], ["BN"], frames / "dw.mp4", 10)
    with pytest.raises(EncodingError, match="No such file or directory"):  # as ffmpeg says
        make_video([frames / "left"], ["BN"], frames / "no such folder" / "dw.mp4", 10)
    Image.new("L", (680, 39), 200).save(frames / "left" / "epoch-000004.png")
    with pytest.raises(ValueError, match=r"a frame has \(680, 66\) pixels, the first one \(224, 66\)"):
        make_video([frames / "left"], ["BN"], frames / "dw.mp4", 10)
    with pytest.raises(ValueError, match="not the same ones"):
        make_video([frames / "left", frames / "right"], ["BN", "no BN"], frames / "dw.mp4", 10)


@pytest.mark.parametrize("folder", ["2026-11-25T10:30:00", "pipe:1", "-y"])
def test_ffmpeg_takes_a_path_for_a_path_and_need_not_be_installed_elsewhere(frames, folder, monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.chdir(frames)
    (frames / folder).mkdir()
    make_video([frames / "left"], ["BN"], Path(folder) / "dw.mp4", 10)
    assert len(read(frames / folder / "dw.mp4")[1]) == 3


def test_side_by_side_shows_the_same_epoch_on_both_sides(frames):
    make_video([frames / "left", frames / "right"], ["BN", "no BN"], frames / "dw.mp4", 10)
    _, pictures = read(frames / "dw.mp4")
    middle = pictures.shape[2] // 2
    sides = [(round(float(p[BAND + 20, 20]), -1), round(float(p[BAND + 20, middle + 8 + 20]), -1)) for p in pictures]
    assert sides == [(20, 220), (120, 120), (220, 20)]
    still([frames / "left", frames / "right"], ["BN", "no BN"], "epoch-000003", frames / "still.png")
    with Image.open(frames / "still.png") as picture:
        assert np.abs(np.asarray(picture).astype(int) - pictures[2]).max() < 100  # but for losses of H.264


def test_a_shrunk_picture_keeps_its_shape_and_its_colours(tmp_path):
    large = Image.new("RGBA", (1000, 500), (255, 255, 255, 255))
    large.paste((255, 0, 0, 255), (0, 0, 500, 500))
    large.save(tmp_path / "large.png")
    shrunk(tmp_path / "large.png", tmp_path / "small.png", 200)
    with Image.open(tmp_path / "small.png") as small:
        assert (small.size, small.mode) == ((200, 100), "P")
        assert [small.convert("RGB").getpixel((x, 50)) for x in (10, 190)] == [(255, 0, 0), (255, 255, 255)]


def test_on_a_contact_sheet_a_run_that_diverged_stays_at_its_last_frame(frames):
    for epoch in (2, 3):
        (frames / "right" / f"epoch-{epoch:06d}.png").unlink()
    contact_sheet([frames / "left", frames / "right"], frames / "sheet.jpg")
    with Image.open(frames / "sheet.jpg") as sheet:
        pixels = np.asarray(sheet).astype(int)
    top, bottom = np.split(pixels, 2)
    # Three frames in a row of 112 pixels and a gap each; the sides of 39 pixels are halved.
    assert [round(int(top[BAND + 10, 10 + 128 * column]), -1) for column in range(3)] == [20, 120, 220]
    assert [round(int(bottom[BAND + 10, 10 + 128 * column]), -1) for column in range(3)] == [220] * 3


@pytest.mark.parametrize(("count", "columns"), [(1, 1), (2, 2), (100, 4)])
def test_a_contact_sheet_has_the_first_frame_and_the_last(tmp_path, count, columns):
    for side in ("left", "right"):
        (tmp_path / side).mkdir()
        for epoch in range(1, count + 1):
            frame = Image.new("L", (232, 232), {1: 100, count: 200}.get(epoch, 150))
            frame.save(tmp_path / side / f"epoch-{epoch:06d}.png")
    contact_sheet([tmp_path / "left", tmp_path / "right"], tmp_path / "sheet.jpg")
    with Image.open(tmp_path / "sheet.jpg") as sheet:
        assert sheet.size == (columns * 116 + (columns - 1) * 16, 2 * (116 + BAND + 1))  # rows of even height
        pixels = np.asarray(sheet)
    assert abs(int(pixels[BAND + 60, 60]) - (100 if count > 1 else 200)) < 5
    assert abs(int(pixels[-60, -60]) - 200) < 5


def test_a_page_with_its_video(tmp_path):
    (tmp_path / ".unfinished-dw.mp4").write_bytes(b"video")
    write_viewer(tmp_path / "viewer", "BN <on>", tmp_path / ".unfinished-dw.mp4", "dw.mp4")
    assert (tmp_path / "viewer" / "dw.mp4").read_bytes() == b"video"
    text = (tmp_path / "viewer" / "index.html").read_text()
    assert 'src="dw.mp4"' in text
    assert text.count("BN &lt;on&gt;") == 2
