"""What all implementations share: how they are called, what they train, and how an epoch is timed."""

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

WIDTH, CLASSES = 256, 10

# Train one epoch in the given order of images, and tell the test accuracy (None where nothing is learnt).
Implementation = tuple[Callable[[np.ndarray], None], Callable[[], float | None]]


def read(raw: Path, part: str) -> tuple[np.ndarray, np.ndarray]:
    """Inputs float32 `[n, 784]` in [0, 1] and labels int64 `[n]` of `train` or `t10k`."""
    pixels = np.frombuffer((raw / f"{part}-images-idx3-ubyte").read_bytes(), np.uint8, offset=16)
    labels = np.frombuffer((raw / f"{part}-labels-idx1-ubyte").read_bytes(), np.uint8, offset=8)
    return pixels.reshape(-1, 784).astype(np.float32) / 255, labels.astype(np.int64)


def measure(make: Callable[[Path, int], Implementation]) -> None:
    """Call `make(raw, batch_size)`, train, and print seconds per epoch and first test accuracy as JSON.

    Seconds are processor time of all threads. They share one core, so that it is the time that an epoch takes where
    nothing else runs, and other work on the machine changes it little. The first epoch compiles and warms up, and is
    not counted.
    """
    parser = argparse.ArgumentParser()
    parser.add_argument("raw", type=Path)
    parser.add_argument("batch_size", type=int)
    parser.add_argument("epochs", type=int)
    arguments = parser.parse_args()
    train_epoch, accuracy = make(arguments.raw, arguments.batch_size)
    generator = np.random.default_rng(0)
    seconds, first = [], None
    for epoch in range(arguments.epochs + 1):
        order = generator.permutation(60000)
        started = time.process_time()
        train_epoch(order)
        seconds.append(time.process_time() - started)
        if epoch == 0:
            first = accuracy()
    print(json.dumps({"seconds": seconds[1:], "accuracy": first}))


def torch_network():
    """784 - 256 - 10 with BN and ReLU, as a beginner would write it."""
    from torch import nn

    return nn.Sequential(
        nn.Flatten(), nn.Linear(784, WIDTH), nn.BatchNorm1d(WIDTH), nn.ReLU(), nn.Linear(WIDTH, CLASSES)
    )


def torch_accuracy(network, raw: Path) -> float:
    """The share of test images that a torch network classifies correctly, with running averages."""
    import torch

    images, labels = map(torch.from_numpy, read(raw, "t10k"))
    network.eval()
    with torch.inference_mode():
        correct = (network(images).argmax(1) == labels).double().mean().item()
    network.train()
    return correct
