"""Where the square of each unit lies in a dW video."""

from itertools import pairwise
from math import ceil, isqrt, sqrt

BAND = 27  # height of the band with the labels above each video, pixels
PIXELS = 784


def layout(hidden: tuple[int, ...]) -> list[dict[str, int]]:
    """For each hidden layer how its squares lie in the video, in pixels.

    That is as `frames.stacked` draws them, below the band of `videos`: `units` in rows of `columns`, each `width` x
    `height` with a border of one pixel between them; `top` is the row of the video in which the layer begins.
    """
    layers, top = [], BAND
    for inputs, units in pairwise([PIXELS, *hidden]):
        height = isqrt(inputs)
        columns = ceil(sqrt(units))
        layers.append(
            {"units": units, "columns": columns, "width": ceil(inputs / height), "height": height, "top": top}
        )
        top += ceil(units / columns) * (height + 1) + 1
    return layers
