"""This project's engines, as its jobs use them."""

from functools import partial

import numpy as np
from harness import Implementation, Task, measure

from dying_relu.configuration.config import load_config
from dying_relu.configuration.run import Run
from dying_relu.data.images import load_images
from dying_relu.engines.engine import choose

ENGINES = {"dying-relu": "numba", "dying-relu-torch": "torch"}


def run_of(task: Task, epochs: int = 1) -> Run:
    """The run that the pipeline makes of a task."""
    grid = {"batch_norm": True, "batch_size": task.batch_size, **task.parameters}
    config = load_config({"epochs": epochs, "experiments": {"benchmark": {"title": "Benchmark", "grids": [grid]}}})
    return next(iter(config.runs.values()))


def make(name: str, task: Task) -> Implementation:
    run = run_of(task)
    engine = choose(name, run)(run, load_images(task.raw, run.train_images))

    def train_epoch(order):
        engine.train(np.split(order, range(task.batch_size, len(order), task.batch_size)))

    return train_epoch, lambda: {"accuracy": engine.test().accuracy}


if __name__ == "__main__":
    measure({implementation: partial(make, name) for implementation, name in ENGINES.items()})
