"""What an engine's test gives, and the groups of images that networks are measured by."""

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from dying_relu.configuration.run import Run

CHUNK = 1000  # Images per chunk; their activations stay in cache.
MAX_ACTIVATIONS = 2_500_000  # The largest number that a layer may have of a chunk.


@dataclass(frozen=True)
class TestResult:
    """How a network performs on the test images: loss in nats, accuracies in [0, 1].

    `active_fraction`, `[units]`, layer after layer: the share of test images for which a unit's pre-activation is above
    0; for a channel, the share of all positions in them. `accuracy_batch_statistics` normalises each mini-batch by its
    own statistics; everything else comes from one pass with running statistics.
    """

    __test__ = False  # Not a test, whatever pytest makes of its name.

    loss: float
    accuracy: float
    accuracy_batch_statistics: float
    active_fraction: NDArray[np.float64]


def mini_batch_sizes(images: int, size: int) -> list[int]:
    """Return the sizes of consecutive mini-batches; a last image alone has no variance and joins the one before it."""
    sizes = [size] * (images // size)
    rest = images % size
    if rest == 1 and sizes:
        sizes[-1] += 1
    elif rest:
        sizes.append(rest)
    return sizes


def chunk_size(run: Run) -> int:
    """Return the images per chunk, at least 2: CHUNK, or fewer where a layer has many activations of each."""
    positions = [math.prod(shape[1:]) for shape in run.shapes[: len(run.convolutions)]] + [1] * len(run.hidden)
    largest = max(width * seen for width, seen in zip(run.widths, positions, strict=True))
    return max(2, min(CHUNK, MAX_ACTIVATIONS // largest))


def growing_chunks(images: int, rows: int) -> list[slice]:
    """Return chunks of `rows` images after a small first one, which is enough to find most units active."""
    ends = [0, *range(max(1, rows // 8), images, rows), images]
    return [slice(begin, end) for begin, end in pairwise(ends)]
