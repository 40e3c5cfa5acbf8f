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
    """A data set: images as uint8 `[n, pixels]`, channel by channel and row by row, and labels as int64 `[n]` in 0..9.

    Pixels take a quarter of the memory of float32 inputs.
    """

    train: Tensor
    train_labels: Tensor
    test: Tensor
    test_labels: Tensor


@dataclass(frozen=True)
class Scaling:
    """How pixels become inputs: (pixel / 255 - `mean`) / `std`."""

    mean: float = 0.0
    std: float = 1.0

    @classmethod
    def of(cls, name: str, pixels: Tensor) -> "Scaling":
        """Return the `input_scaling` called `name` for the training images `pixels` (uint8 `[n, inputs]`).

        Raises ValueError if all pixels are equal and cannot be standardised.
        """
        if name == "unit_interval":
            return cls()
        counts = torch.bincount(pixels.flatten(), minlength=256).double()  # exact, whatever the order of summation
        values = torch.arange(256).double() / 255
        mean = (counts @ values / counts.sum()).item()
        std = (counts @ (values - mean).square() / counts.sum()).sqrt().item()
        if not std:
            raise ValueError("all pixels of the training images are equal; input_scaling: standardized needs others")
        return cls(mean, std)


UNIT_INTERVAL = Scaling()


def to_inputs(pixels: Tensor, scaling: Scaling = UNIT_INTERVAL) -> Tensor:
    """Return `pixels` (uint8, any shape) as a network's inputs, float32: by default pixel / 255, in [0, 1]."""
    return pixels.to(torch.float32).div_(255).sub_(scaling.mean).div_(scaling.std)


def load_images(raw: Path, train_images: int, dataset: str = "mnist") -> Images:
    """Load the first `train_images` training images and all test images of a data set.

    `raw` is its folder as torchvision lays it out, such as `MNIST/raw`. Raises FileNotFoundError for a missing file and
    DigestError for one whose SHA-256 is wrong.
    """
    digests, width = DATASETS[dataset].digests, DATASETS[dataset].pixels
    idx = (_idx_values(raw, f"{part}-{kind}", digests) for part in ("train", "t10k") for kind in KINDS)
    pixels, labels, test_pixels, test_labels = _cifar10(raw, digests) if dataset == "cifar10" else idx
    return Images(
        pixels.reshape(-1, width)[:train_images],
        labels[:train_images].long(),
        test_pixels.reshape(-1, width),
        test_labels.long(),
    )


def _cifar10(raw: Path, digests: Mapping[str, str]) -> Iterator[Tensor]:
    """Yield pixels and labels of the training images, then of the test images, all uint8, from CIFAR-10's archive.

    There, each image is its label, then red, green and blue, row by row.
    """
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


def _idx_values(raw: Path, name: str, digests: Mapping[str, str]) -> Tensor:
    """Return what follows the header of an IDX file, uint8; the digest has vouched for the header.

    Importing torchvision's reader would take 160 MB.
    """
    header = 16 if "images" in name else 8
    return torch.frombuffer(bytearray(read_verified(raw, name, digests)), dtype=torch.uint8, offset=header)
