"""This project's engines, as its jobs use them; the name of the engine is the last argument."""

import sys
from pathlib import Path

import torch
from harness import Implementation, measure, torch_accuracy

from dying_relu.config import load
from dying_relu.engine import choose, prepare_torch
from dying_relu.images import load as load_images
from dying_relu.network import Network

NAME = sys.argv.pop()


def make(raw: Path, batch_size: int) -> Implementation:
    prepare_torch(1)
    grid = {"batch_norm": True, "activation": "relu", "batch_size": batch_size}
    config = load({"experiments": {"benchmark": {"title": "Benchmark", "grids": [grid]}}})
    (run,) = config.runs.values()
    images = load_images(raw, run.train_images)
    network = Network(run, images.train.shape[1])
    engine = choose(NAME, run)(run, network, images.train, images.train_labels)
    return lambda order: engine.train(torch.from_numpy(order).split(batch_size)), lambda: torch_accuracy(network, raw)


if __name__ == "__main__":
    measure(make)
