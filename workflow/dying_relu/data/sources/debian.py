"""Fashion-MNIST from Debian's package, installed or downloaded."""

import tempfile
from pathlib import Path

from dying_relu.data.datasets import DATASETS
from dying_relu.data.sources.common import decompress
from dying_relu.data.sources.packages import extract_files, run_command

PACKAGE = "dataset-fashion-mnist"
INSTALLED = Path("/usr/share/datasets/fashion-mnist")


def download_fashion_mnist(timeout: float) -> dict[str, bytes]:
    """The files of Fashion-MNIST by name, from the package, which apt verifies and nothing installs.

    `timeout` is the seconds that the server may stay silent. Raises SourceError.
    """
    with tempfile.TemporaryDirectory() as folder:
        seconds = max(1, round(timeout))
        options = [
            f"-oAcquire::{key}" for key in ("Retries=0", f"http::Timeout={seconds}", f"https::Timeout={seconds}")
        ]
        run_command(["apt-get", "download", *options, PACKAGE], folder)
        (archive,) = Path(folder).iterdir()
        content = run_command(["dpkg-deb", "--fsys-tarfile", archive.name], folder)
    members = {name: f".{INSTALLED}/{name}.gz" for name in DATASETS["fashion_mnist"].digests}
    return {name: decompress(packed) for name, packed in extract_files(content, members).items()}
