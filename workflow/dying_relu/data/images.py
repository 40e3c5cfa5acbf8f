"""A data set as NumPy arrays."""

import io
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dying_relu.data.datasets import DATASETS, read_verified, verify

CIFAR10 = DATASETS["cifar10"]
KINDS = ("images-idx3-ubyte", "labels-idx1-ubyte")


@dataclass(frozen=True)
class Images:
    """A data set: images as uint8 `[n, pixels]`, channel by channel and row by row, and labels as int64 `[n]` in 0..9.

    Pixels take a quarter of the memory of float32 inputs.
    """

    train: NDArray[np.uint8]
    train_labels: NDArray[np.int64]
    test: NDArray[np.uint8]
    test_labels: NDArray[np.int64]


@dataclass(frozen=True)
class Scaling:
    """How pixels become inputs: (pixel / 255 - `mean`) / `std`."""

    mean: float = 0.0
    std: float = 1.0

    @classmethod
    def of(cls, name: str, pixels: NDArray[np.uint8]) -> "Scaling":
        """Return the `input_scaling` called `name` for the training images `pixels` `[n, inputs]`.

        Raises ValueError if all pixels are equal and cannot be standardised.
        """
        if name == "unit_interval":
            return cls()
        counts = np.bincount(pixels.ravel(), minlength=256)  # exact, whatever the order of summation
        values = np.arange(256) / 255
        mean = float(counts @ values / counts.sum())
        std = float(np.sqrt(counts @ (values - mean) ** 2 / counts.sum()))
        if not std:
            raise ValueError("all pixels of the training images are equal; input_scaling: standardized needs others")
        return cls(mean, std)

    def inputs(self) -> NDArray[np.float32]:
        """Return a network's input for each value of a pixel, `[256]`."""
        return (np.arange(256, dtype=np.float32) / np.float32(255) - np.float32(self.mean)) / np.float32(self.std)


UNIT_INTERVAL = Scaling()


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
        labels[:train_images].astype(np.int64),
        test_pixels.reshape(-1, width),
        test_labels.astype(np.int64),
    )


def _cifar10(raw: Path, digests: Mapping[str, str]) -> Iterator[NDArray[np.uint8]]:
    """Yield pixels and labels of the training images, then of the test images, from CIFAR-10's archive.

    There, each image is its label, then red, green and blue, row by row.
    """
    (name,) = digests
    content = (raw / name).read_bytes()
    verify(name, content, digests)
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        for batches in ([f"data_batch_{number}" for number in range(1, 6)], ["test_batch"]):
            records = b"".join(archive.extractfile(f"cifar-10-batches-bin/{batch}.bin").read() for batch in batches)
            images = np.frombuffer(records, np.uint8).reshape(-1, 1 + CIFAR10.pixels)
            yield images[:, 1:].copy()
            yield images[:, 0].copy()


def _idx_values(raw: Path, name: str, digests: Mapping[str, str]) -> NDArray[np.uint8]:
    """Return what follows the header of an IDX file; the digest has vouched for the header.

    The array can be written to, as PyTorch wants it of memory that it shares.
    """
    header = 16 if "images" in name else 8
    return np.frombuffer(bytearray(read_verified(raw, name, digests)), np.uint8, offset=header)
