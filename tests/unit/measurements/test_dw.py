"""The dW formula, against values worked out by hand."""

import numpy as np
import pytest

from dying_relu.measurements.dw import DwRange, brightness


def row(*values: float) -> np.ndarray:
    return np.array([values], np.float32)


def test_each_square_is_scaled_from_its_own_minimum_to_its_own_maximum():
    # max - min = 0.0002, so 255 / 0.0003 per unit of dW: 0, 85 and 170. A square without change is black.
    squares = np.concatenate([row(-0.0001, 0, 0.0001), row(0, 1000, 500), row(0, 0, 0), row(7, 7, 7)])
    assert brightness(squares).tolist() == [[0, 85, 170], [0, 255, 127], [0, 0, 0], [0, 0, 0]]


def test_the_brightest_pixel_stays_below_full_scale_where_little_changes():
    # 255 * r / (r + 0.0001) rounds to 255 from r = 0.0509 on, and to 254 just below the article's 0.0255.
    assert brightness(row(0, 0.06)).max() == 255
    assert brightness(row(0, 0.0255)).max() == 254


def test_layers_follow_one_another():
    ranges = DwRange.of(row(1, 2, 3), row(-4, 5))
    assert (ranges.smallest.tolist(), ranges.largest.tolist()) == ([1, -4], [3, 5])


@pytest.mark.parametrize(
    ("smallest", "largest", "background"),
    [(-0.0001, 0.0001, 85), (0, 0.5, 0), (-0.4999, 0, 254.949), (-0.5, 0.4999, 127.5)],
)
def test_background_is_the_brightness_of_zero(smallest, largest, background):
    assert DwRange.of(row(smallest, largest)).background[0] == pytest.approx(background, rel=1e-5)


def test_dark_means_that_the_brightest_pixel_is_below_a_tenth_of_full_scale():
    # 255 r / (r + 0.0001) < 25.5 means r < 0.0001 / 9 = 0.0000111.
    ranges = DwRange.of(np.concatenate([row(0, 0.0000110), row(0, 0.0000112), row(-0.00002, 0)]))
    assert ranges.dark.tolist() == [True, False, False]
    assert ranges.brightest == pytest.approx([25.27, 25.68, 42.5], abs=0.01)
