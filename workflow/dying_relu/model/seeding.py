"""Random number generators: each derives from the run's seed and a purpose of its own, so none disturbs another."""

import numpy as np
from numpy.typing import NDArray

WEIGHTS, ORDER, TEST_ORDER = 0, 1, 2


def generator(seed: int, stream: int, epoch: int = 0) -> np.random.Generator:
    """Return the generator for one purpose, `WEIGHTS`, `ORDER` or `TEST_ORDER`, in one epoch.

    Runs with the same seed share initial weights (where shapes agree) and the order of images, whatever else differs,
    so they can be compared in pairs. A resumed run needs no generator state.
    """
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(stream, epoch))))


def image_order(seed: int, epoch: int, images: int) -> NDArray[np.int64]:
    """Return the order of the training images in `epoch` (from 1): a permutation, `[images]`."""
    return generator(seed, ORDER, epoch).permutation(images)


def order_of_test_images(seed: int, images: int) -> NDArray[np.int64]:
    """Return the order in which the test images form mini-batches: a permutation, `[images]`.

    It is drawn, since the first half of MNIST's test images is easier than the second.
    """
    return generator(seed, TEST_ORDER).permutation(images)


def mini_batches(order: NDArray[np.int64], size: int) -> list[NDArray[np.int64]]:
    """Return the mini-batches of an epoch in this `order`, each of `size` images; the last may be smaller."""
    return np.split(order, range(size, len(order), size))
