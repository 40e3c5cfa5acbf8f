"""This project's engines, as its jobs use them; the name of the engine is the last argument."""

import sys

import torch
from harness import Implementation, Task, measure, torch_accuracy

from dying_relu.configuration.config import load_config
from dying_relu.data.images import Scaling
from dying_relu.data.images import load_images as load_images
from dying_relu.engines.engine import choose, prepare_torch
from dying_relu.model.network import Network

NAME = sys.argv.pop()


def make(task: Task) -> Implementation:
    prepare_torch(1)
    grid = {"batch_norm": True, "activation": "relu", "batch_size": task.batch_size, "hidden": list(task.hidden)}
    grid["input_scaling"] = "standardized" if task.standardized else "unit_interval"
    config = load_config({"experiments": {"benchmark": {"title": "Benchmark", "grids": [grid]}}})
    (run,) = config.runs.values()
    images = load_images(task.raw, run.train_images)
    network = Network(run, images.train.shape[1], Scaling.of(run.input_scaling, images.train))
    engine = choose(NAME, run)(run, network, images.train, images.train_labels)

    def train_epoch(order):
        engine.train(torch.from_numpy(order).split(task.batch_size))

    return train_epoch, lambda: torch_accuracy(network, task)


if __name__ == "__main__":
    measure(make)
