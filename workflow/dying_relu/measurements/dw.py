"""How dW becomes brightness: the article's formula, and what follows from it.

Each unit's dW is scaled by its own range: y = (x - min) / (max - min + 0.0001) * 255. The small term prevents a
division by 0, and leaves a unit that hardly changes dark.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FULL_SCALE = 255.0
SMALL_TERM = 0.0001
DARK_BELOW = FULL_SCALE / 10
MID_GRAY = (64, 191)

Array = NDArray[np.float64]


def brightness(dw: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return the brightness of each weight of `dw` `[units, inputs]`, rounded to a whole number in 0..255."""
    smallest = dw.min(axis=1, keepdims=True)
    scale = _scale(smallest, dw.max(axis=1, keepdims=True))
    return np.rint((dw - smallest) * scale).astype(np.uint8)


@dataclass(frozen=True)
class DwRange:
    """The range of each unit's dW, and what it looks like in a frame; all arrays are `[units]`."""

    smallest: Array
    largest: Array

    @classmethod
    def of(cls, *dw: NDArray[np.float32]) -> "DwRange":
        """Return the range of each row of the arrays `dw`, `[units, inputs]`, one for each layer."""
        smallest, largest = ([getattr(layer, end)(axis=1) for layer in dw] for end in ("min", "max"))
        return cls(np.concatenate(smallest).astype(np.float64), np.concatenate(largest).astype(np.float64))

    @property
    def brightest(self) -> Array:
        """The brightness of the brightest pixel, in [0, 255]."""
        return (self.largest - self.smallest) * _scale(self.smallest, self.largest)

    @property
    def background(self) -> Array:
        """The brightness of dW = 0, which pixels that are 0 in each image have; mid-gray is 64 to 191."""
        return -self.smallest * _scale(self.smallest, self.largest)

    @property
    def dark(self) -> NDArray[np.bool_]:
        """Whether the whole square looks black: its brightest pixel is below a tenth of full scale."""
        return self.brightest < DARK_BELOW


def _scale(smallest: Array, largest: Array) -> Array:
    return FULL_SCALE / (largest - smallest + SMALL_TERM)
