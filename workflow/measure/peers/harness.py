"""What all implementations share: how they are called, what they train, and how an epoch is timed."""

import argparse
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

WIDTH, CLASSES = 256, 10

# Train one epoch in the given order of images, and tell the test accuracy (None where nothing is learnt).
Implementation = tuple[Callable[[np.ndarray], None], Callable[[], float | None]]


@dataclass(frozen=True)
class Task:
    """What is trained: hidden layers of these widths, with MNIST from the folder `raw`, by mini-batches."""

    raw: Path
    batch_size: int
    hidden: Sequence[int] = (WIDTH,)
    standardized: bool = False

    def read(self, part: str) -> tuple[np.ndarray, np.ndarray]:
        """Inputs float32 `[n, 784]`, in [0, 1] or standardised, and labels int64 `[n]` of `train` or `t10k`."""
        inputs = self._inputs(part)
        if self.standardized:
            known = self._inputs("train")
            inputs = (inputs - known.mean()) / known.std()
        labels = np.frombuffer((self.raw / f"{part}-labels-idx1-ubyte").read_bytes(), np.uint8, offset=8)
        return inputs, labels.astype(np.int64)

    def _inputs(self, part: str) -> np.ndarray:
        pixels = np.frombuffer((self.raw / f"{part}-images-idx3-ubyte").read_bytes(), np.uint8, offset=16)
        return pixels.reshape(-1, 784).astype(np.float32) / 255


def measure(makers: Mapping[str, Callable[[Task], Implementation]]) -> None:
    """Train what the command line names, and print seconds per epoch and first test accuracy as JSON.

    Seconds are processor time of all threads. They share one core, so that it is the time that an epoch takes where
    nothing else runs, and other work on the machine changes it little. The first epoch compiles and warms up, and is
    not counted.
    """
    parser = argparse.ArgumentParser()
    parser.add_argument("implementation", choices=makers)
    parser.add_argument("raw", type=Path)
    parser.add_argument("batch_size", type=int)
    parser.add_argument("epochs", type=int)
    parser.add_argument("--hidden", type=int, nargs="+", default=Task.hidden)
    parser.add_argument("--standardized", action="store_true")
    arguments = parser.parse_args()
    task = Task(arguments.raw, arguments.batch_size, arguments.hidden, arguments.standardized)
    train_epoch, accuracy = makers[arguments.implementation](task)
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
