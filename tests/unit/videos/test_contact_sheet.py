"""Contact sheets: a few frames of two runs in one picture."""

import numpy as np
import pytest
from PIL import Image

from dying_relu.videos.video import BAND, contact_sheet


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
