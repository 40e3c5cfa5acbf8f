"""The four files of MNIST: their names, and the digests without which nothing is used."""

import hashlib
from pathlib import Path

# SHA-256 of the uncompressed files.
DIGESTS = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}


class DigestError(ValueError):
    """A file of MNIST is not what it should be."""


def verify(name: str, content: bytes) -> None:
    """Raise DigestError unless `content` is the file `name` of MNIST."""
    found = hashlib.sha256(content).hexdigest()
    if found != DIGESTS[name]:
        raise DigestError(f"{name}: SHA-256 is {found} ({len(content):,} bytes), but should be {DIGESTS[name]}")


def read_verified(raw: Path, name: str) -> bytes:
    """The content of the file `name` in `raw`. Raises DigestError or FileNotFoundError unless it is the right one."""
    content = (raw / name).read_bytes()
    verify(name, content)
    return content
