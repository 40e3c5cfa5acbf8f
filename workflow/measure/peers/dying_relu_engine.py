"""This project's engines, as its jobs use them."""

from functools import partial

import torch
from harness import Implementation, Task, measure
from pytorch import accuracy_of

from dying_relu.configuration.config import load_config
from dying_relu.data.images import Scaling, load_images
from dying_relu.engines.engine import choose, prepare_torch
from dying_relu.model.network import Network


def make(name: str, task: Task) -> Implementation:
    prepare_torch(1)
    grid = {"batch_norm": True, "activation": "relu", "batch_size": task.batch_size, "hidden": list(task.hidden)}
    grid["input_scaling"] = "standardized" if task.standardized else "unit_interval"
    config = load_config({"experiments": {"benchmark": {"title": "Benchmark", "grids": [grid]}}})
    (run,) = config.runs.values()
    images = load_images(task.raw, run.train_images)
    network = Network(run, images.train.shape[1], Scaling.of(run.input_scaling, images.train))
    engine = choose(name, run)(run, network, images.train, images.train_labels)

    def train_epoch(order):
        engine.train(torch.from_numpy(order).split(task.batch_size))

    return train_epoch, lambda: accuracy_of(network, task)


if __name__ == "__main__":
    measure({"dying-relu": partial(make, "numba"), "dying-relu-torch": partial(make, "torch")})
