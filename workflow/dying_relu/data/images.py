"""A data set as tensors."""

import io
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from dying_relu.data.datasets import DATASETS, read_verified, verify

CIFAR10 = DATASETS["cifar10"]
KINDS = ("images-idx3-ubyte", "labels-idx1-ubyte")


@dataclass(frozen=True)
class Images:
    """A data set as it is used. Labels are int64 `[n]` in 0..9.

    Images are kept as pixels, uint8 `[n, pixels]`, channel by channel and row by row, which takes a quarter of the
    memory of the inputs.
    """

    train: Tensor
    train_labels: Tensor
    test: Tensor
    test_labels: Tensor


@dataclass(frozen=True)
class Scaling:
    """How pixels become inputs: (pixel / 255 - `mean`) / `deviation`."""

    mean: float = 0.0
    deviation: float = 1.0

    @classmethod
    def of(cls, name: str, pixels: Tensor) -> "Scaling":
        """The scaling that the configuration calls `name`, for training images `pixels` (uint8 `[n, inputs]`).

        Raises ValueError where all pixels are equal and should be standardised.
        """
        if name == "unit_interval":
            return cls()
        counts = torch.bincount(pixels.flatten(), minlength=256).double()  # exact, whatever the order of summation
        values = torch.arange(256).double() / 255
        mean = (counts @ values / counts.sum()).item()
        deviation = (counts @ (values - mean).square() / counts.sum()).sqrt().item()
        if not deviation:
            raise ValueError("all pixels of the training images are equal; input_scaling: standardized needs others")
        return cls(mean, deviation)


UNIT_INTERVAL = Scaling()


def to_inputs(pixels: Tensor, scaling: Scaling = UNIT_INTERVAL) -> Tensor:
    """What a network sees of `pixels` (uint8, any shape), float32; without `scaling`, pixel / 255 in [0, 1]."""
    return pixels.to(torch.float32).div_(255).sub_(scaling.mean).div_(scaling.deviation)


def load_images(raw: Path, train_images: int, dataset: str = "mnist") -> Images:
    """The first `train_images` training images and all test images of a data set, from the folder `raw`.

    `raw` is the folder `MNIST/raw`, or the like, as torchvision lays it out. Raises DigestError or
    FileNotFoundError unless the files are what they should be.
    """
    parts = _cifar10(raw, CIFAR10.digests) if dataset == "cifar10" else _idx(raw, DATASETS[dataset].digests)
    pixels, labels, test_pixels, test_labels = parts
    width = DATASETS[dataset].pixels
    return Images(
        pixels.reshape(-1, width)[:train_images],
        labels[:train_images].long(),
        test_pixels.reshape(-1, width),
        test_labels.long(),
    )


def _idx(raw: Path, digests: Mapping[str, str]) -> Iterator[Tensor]:
    """Pixels and labels of the training images, and of the test images, uint8."""
    return (_numbers(raw, f"{part}-{kind}", digests) for part in ("train", "t10k") for kind in KINDS)


def _cifar10(raw: Path, digests: Mapping[str, str]) -> Iterator[Tensor]:
    """The same from CIFAR-10's archive: of each image a byte for the label, then red, green and blue, row by row."""
    (name,) = digests
    content = (raw / name).read_bytes()
    verify(name, content, digests)
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        for batches in ([f"data_batch_{number}" for number in range(1, 6)], ["test_batch"]):
            records = bytearray().join(
                archive.extractfile(f"cifar-10-batches-bin/{batch}.bin").read() for batch in batches
            )
            images = torch.frombuffer(records, dtype=torch.uint8).reshape(-1, 1 + CIFAR10.pixels)
            yield images[:, 1:].contiguous()
            yield images[:, 0].clone()


def _numbers(raw: Path, name: str, digests: Mapping[str, str]) -> Tensor:
    """What follows the header of an IDX file, uint8.

    The digest has vouched for the header. Importing torchvision's reader would take 160 MB.
    """
    header = 16 if "images" in name else 8
    return torch.frombuffer(bytearray(read_verified(raw, name, digests)), dtype=torch.uint8, offset=header)
