"""Random streams: each derives from the run's seed and its own purpose, so none disturbs another."""

import numpy as np
import torch

WEIGHTS, ORDER = 0, 1


def generator(seed: int, stream: int, epoch: int = 0) -> torch.Generator:
    """A generator for one purpose (`WEIGHTS` or `ORDER`) of one epoch.

    Runs that share a seed share initial weights (where shapes agree) and the order of images,
    whatever else differs, which makes them comparable pair by pair. Nothing needs to be
    remembered to get the stream of a later epoch. The mixing is NumPy's `SeedSequence`.
    """
    mixed = np.random.SeedSequence(seed, spawn_key=(stream, epoch)).generate_state(1, np.uint64)[0]
    return torch.Generator().manual_seed(int(mixed))


def image_order(seed: int, epoch: int, images: int) -> torch.Tensor:
    """The order of the training images in an epoch (from 1): int64 `[images]`, each index once."""
    return torch.randperm(images, generator=generator(seed, ORDER, epoch))
