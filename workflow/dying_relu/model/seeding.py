"""Random number generators: each derives from the run's seed and a purpose of its own, so none disturbs another."""

import numpy as np
import torch

WEIGHTS, ORDER = 0, 1


def generator(seed: int, stream: int, epoch: int = 0) -> torch.Generator:
    """Return the generator for one purpose, `WEIGHTS` or `ORDER`, in one epoch.

    Runs with the same seed share initial weights (where shapes agree) and the order of images, whatever else differs,
    so they can be compared in pairs. A resumed run needs no generator state. NumPy's `SeedSequence` mixes the numbers.
    """
    mixed = np.random.SeedSequence(seed, spawn_key=(stream, epoch)).generate_state(1, np.uint64)[0]
    return torch.Generator().manual_seed(int(mixed))


def image_order(seed: int, epoch: int, images: int) -> torch.Tensor:
    """Return the order of the training images in `epoch` (from 1): int64 `[images]`, a permutation."""
    return torch.randperm(images, generator=generator(seed, ORDER, epoch))
