"""MNIST as tensors."""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torchvision.datasets import MNIST

from dying_relu.mnist import verify_folder


@dataclass(frozen=True)
class Images:
    """MNIST as it is used. Labels are int64 `[n]` in 0..9.

    Training images are kept as pixels, uint8 `[n, 784]`, which takes a quarter of the memory of
    the inputs; test images are inputs, float32 `[n, 784]`.
    """

    train: Tensor
    train_labels: Tensor
    test: Tensor
    test_labels: Tensor


def to_inputs(pixels: Tensor) -> Tensor:
    """What a network sees of `pixels` (uint8, any shape): pixel / 255, float32 in [0, 1]."""
    return pixels.to(torch.float32).div_(255)


def load(raw: Path, train_images: int) -> Images:
    """The first `train_images` training images and all test images of the folder `raw`.

    `raw` is the `MNIST/raw` folder as torchvision lays it out. Raises DigestError or
    FileNotFoundError unless all four files are what they should be.
    """
    verify_folder(raw)
    train, test = (MNIST(raw.parents[1], train=train) for train in (True, False))
    return Images(
        train.data[:train_images].flatten(1),
        train.targets[:train_images],
        to_inputs(test.data.flatten(1)),
        test.targets,
    )
