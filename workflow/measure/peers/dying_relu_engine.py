"""This project's engines, as its jobs use them."""

from functools import partial

import torch
from harness import Implementation, Task, measure

from dying_relu.configuration.config import load_config
from dying_relu.configuration.run import Run
from dying_relu.data.images import Scaling, load_images
from dying_relu.engines.engine import choose, prepare_torch
from dying_relu.model.network import Network

ENGINES = {"dying-relu": "numba", "dying-relu-torch": "torch"}


def run_of(task: Task, epochs: int = 1) -> Run:
    """The run that the pipeline makes of a task."""
    grid = {"batch_norm": True, "batch_size": task.batch_size, **task.parameters}
    config = load_config({"epochs": epochs, "experiments": {"benchmark": {"title": "Benchmark", "grids": [grid]}}})
    return next(iter(config.runs.values()))


def make(name: str, task: Task) -> Implementation:
    prepare_torch(1)
    run = run_of(task)
    images = load_images(task.raw, run.train_images)
    network = Network(run, images.train.shape[1], Scaling.of(run.input_scaling, images.train))
    engine = choose(name, run)(run, network, images.train, images.train_labels)

    def train_epoch(order):
        engine.train(torch.from_numpy(order).split(task.batch_size))

    return train_epoch, lambda: {"accuracy": engine.tester(images.test, images.test_labels)().accuracy}


if __name__ == "__main__":
    measure({implementation: partial(make, name) for implementation, name in ENGINES.items()})
