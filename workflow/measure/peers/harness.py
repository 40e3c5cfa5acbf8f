"""What all implementations share: how they are called, what they train, and how an epoch is timed."""

import json
import re
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

WIDTH, CLASSES = 256, 10

# Train one epoch in the given order of images; tell what is then known, such as the test `accuracy`.
Implementation = tuple[Callable[[np.ndarray], None], Callable[[], dict[str, float]]]


@dataclass(frozen=True)
class Task:
    """What is trained: MNIST from the folder `raw`, and what of the pipeline's `parameters` is not the default."""

    raw: Path
    batch_size: int
    parameters: Mapping[str, Any]

    def read(self, part: str) -> tuple[np.ndarray, np.ndarray]:
        """Inputs float32 `[n, 784]`, in [0, 1] or standardised, and labels int64 `[n]` of `train` or `t10k`."""
        pixels = np.frombuffer((self.raw / f"{part}-images-idx3-ubyte").read_bytes(), np.uint8, offset=16)
        labels = np.frombuffer((self.raw / f"{part}-labels-idx1-ubyte").read_bytes(), np.uint8, offset=8)
        inputs = pixels.reshape(-1, 784).astype(np.float32) / 255
        if "input_scaling" in self.parameters:
            inputs = (inputs - np.float32(0.1307)) / np.float32(0.3081)  # of the training images
        return inputs, labels.astype(np.int64)


def read_arguments() -> tuple[str, Task, int]:
    """What the command line asks for: the name of an implementation, what it trains, and how many epochs count."""
    name, raw, batch_size, epochs, parameters = sys.argv[1:]
    return name, Task(Path(raw), int(batch_size), json.loads(parameters)), int(epochs)


def measure(makers: Mapping[str, Callable[[Task], Implementation]]) -> None:
    """Train what the command line names, and report seconds per epoch and what is known after the first.

    Seconds are processor time of all threads. They share one core, so that it is the time that an epoch takes where
    nothing else runs, and other work on the machine changes it little. The first epoch compiles and warms up, and is
    not counted.
    """
    name, task, epochs = read_arguments()
    train_epoch, known = makers[name](task)
    generator = np.random.default_rng(0)
    seconds, first = [], {}
    for epoch in range(1 + epochs):
        order = generator.permutation(60000)
        started = time.process_time()
        train_epoch(order)
        seconds.append(time.process_time() - started)
        if epoch == 0:
            first = known()
    report(seconds=seconds[1:], **first)


def report(**found: Any) -> None:
    """Print `found` as JSON, with the processor seconds and the peak memory in MB of the whole process until now."""
    peak = re.search(r"VmHWM:\s*(\d+)", Path("/proc/self/status").read_text())
    print(json.dumps({"process_seconds": time.process_time(), "process_mb": int(peak[1]) / 1024} | found))
