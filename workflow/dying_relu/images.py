"""MNIST as tensors."""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torchvision.datasets import MNIST

from dying_relu.mnist import verify_folder


@dataclass(frozen=True)
class Images:
    """Inputs float32 `[n, 784]` in [0, 1] (pixel / 255), labels int64 `[n]` in 0..9."""

    train: Tensor
    train_labels: Tensor
    test: Tensor
    test_labels: Tensor


def load(raw: Path, train_images: int) -> Images:
    """The first `train_images` training images and all test images of the folder `raw`.

    `raw` is the `MNIST/raw` folder as torchvision lays it out. Raises DigestError or
    FileNotFoundError unless all four files are what they should be.
    """
    verify_folder(raw)
    train, test = (MNIST(raw.parents[1], train=train) for train in (True, False))
    return Images(
        _inputs(train.data[:train_images]),
        train.targets[:train_images],
        _inputs(test.data),
        test.targets,
    )


def _inputs(pixels: Tensor) -> Tensor:
    return pixels.flatten(1).to(torch.float32).div_(255)
