"""A local folder."""

from collections.abc import Iterable
from pathlib import Path

from dying_relu.data.sources.common import decompress


def read_file(folders: Iterable[Path], name: str) -> bytes:
    """The content of `name` or `name`.gz from the first folder that has it. Raises FileNotFoundError."""
    for folder in folders:
        if (folder / f"{name}.gz").exists():
            return decompress((folder / f"{name}.gz").read_bytes())
        if (folder / name).exists():
            return (folder / name).read_bytes()
    raise FileNotFoundError("it is not there, neither raw nor as .gz")
