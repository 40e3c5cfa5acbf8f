"""How dW becomes brightness: the article's formula, and what follows from it.

Every unit's dW is scaled by itself: y = (x - min) / (max - min + 0.0001) * 255. The small term
prevents a division by zero, and leaves a unit that hardly changes visibly dark.
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
    """Brightness of every weight, `[units, inputs]`, 0..255, rounded to the nearest whole number."""
    smallest = dw.min(axis=1, keepdims=True)
    scale = _scale(smallest, dw.max(axis=1, keepdims=True))
    return np.rint((dw - smallest) * scale).astype(np.uint8)


@dataclass(frozen=True)
class DwRange:
    """What a dW frame shows of each unit; every field is float64 `[units]`."""

    smallest: Array
    largest: Array

    @classmethod
    def of(cls, *dw: NDArray[np.float32]) -> "DwRange":
        """The range of each row of the arrays `dw`, each `[units, inputs]`, one layer after the other."""
        smallest, largest = ([getattr(layer, end)(axis=1) for layer in dw] for end in ("min", "max"))
        return cls(np.concatenate(smallest).astype(np.float64), np.concatenate(largest).astype(np.float64))

    @property
    def brightest(self) -> Array:
        """The brightness of the brightest pixel, in 0..255."""
        return (self.largest - self.smallest) * _scale(self.smallest, self.largest)

    @property
    def background(self) -> Array:
        """The brightness of an exact zero, which is what a pixel that is never lit has; mid-gray is 64 to 191."""
        return -self.smallest * _scale(self.smallest, self.largest)

    @property
    def dark(self) -> NDArray[np.bool_]:
        """Whether the whole square looks black: its brightest pixel is below a tenth of full scale."""
        return self.brightest < DARK_BELOW


def _scale(smallest: Array, largest: Array) -> Array:
    return FULL_SCALE / (largest - smallest + SMALL_TERM)
