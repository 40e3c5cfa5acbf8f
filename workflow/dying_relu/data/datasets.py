"""The datasets: the shape of their images, their files, and the SHA-256 of each file."""

import gzip
import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

# SHA-256 of MNIST's uncompressed files.
DIGESTS = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}


@dataclass(frozen=True)
class Dataset:
    """An image dataset of ten classes and 10,000 test images.

    `folder` is the name of torchvision's class and of the folder that torchvision keeps the files in. `digests` are the
    SHA-256 of the files; a file whose name ends in .gz stays compressed, because only its compressed digest is known.
    `shape` is an image's channels, rows and columns.
    """

    title: str
    folder: str
    digests: Mapping[str, str]
    shape: tuple[int, int, int] = (1, 28, 28)
    train_images: int = 60_000

    @property
    def pixels(self) -> int:
        """Values of an image, over all channels."""
        return math.prod(self.shape)


DATASETS = {
    "mnist": Dataset("MNIST", "MNIST", DIGESTS),
    "fashion_mnist": Dataset(
        "Fashion-MNIST",
        "FashionMNIST",
        {
            "train-images-idx3-ubyte": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
            "train-labels-idx1-ubyte": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
            "t10k-images-idx3-ubyte": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
            "t10k-labels-idx1-ubyte": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
        },
    ),
    "kmnist": Dataset(
        "KMNIST",
        "KMNIST",
        {
            "train-images-idx3-ubyte.gz": "51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4",
            "train-labels-idx1-ubyte.gz": "e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17",
            "t10k-images-idx3-ubyte.gz": "edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5",
            "t10k-labels-idx1-ubyte.gz": "20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c",
        },
    ),
    # The binary version: the Python version consists of pickles, which can run code when they are loaded.
    "cifar10": Dataset(
        "CIFAR-10",
        "CIFAR10",
        {"cifar-10-binary.tar.gz": "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"},
        (3, 32, 32),
        50_000,
    ),
}


class DigestError(ValueError):
    """A file's SHA-256 is not that of the dataset's file."""


def verify(name: str, content: bytes, digests: Mapping[str, str] = DIGESTS) -> None:
    """Raise DigestError unless the SHA-256 of `content` is `digests[name]`."""
    found = hashlib.sha256(content).hexdigest()
    if found != digests[name]:
        raise DigestError(f"{name}: SHA-256 is {found} ({len(content):,} bytes), but should be {digests[name]}")


def read_verified(raw: Path, name: str, digests: Mapping[str, str] = DIGESTS) -> bytes:
    """The decompressed content of the file `name` (without .gz) in `raw`.

    Raises DigestError when the file is not the dataset's, FileNotFoundError when it is missing.
    """
    stored = name if name in digests else f"{name}.gz"
    content = (raw / stored).read_bytes()
    verify(stored, content, digests)
    return content if stored == name else gzip.decompress(content)
