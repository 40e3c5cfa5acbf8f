"""A local folder, in any of the layouts in which people keep these datasets."""

import zlib
from collections.abc import Iterator
from pathlib import Path

from dying_relu.data.datasets import Dataset, verify
from dying_relu.data.sources.common import SourceError, decompress

GZIP_MAGIC = b"\x1f\x8b"


def read_file(folder: str | Path, dataset: Dataset, name: str) -> bytes:
    """The content of the file `name` from the first copy in `folder` whose digest is right.

    Copies may be raw or .gz, in upper case, called `train-images.idx3-ubyte`, and in subfolders called like the
    dataset, like the file or `raw`. Raises FileNotFoundError when there is no copy, the first copy's error when none is
    right, and SourceError when the folder has no file of the dataset.
    """
    errors: list[Exception] = []
    for path in _copies(Path(folder), dataset, name):
        try:
            content = path.read_bytes()
            if content.startswith(GZIP_MAGIC) and not name.endswith(".gz"):
                content = decompress(content)
            verify(name, content, dataset.digests)
        except (OSError, EOFError, ValueError, zlib.error) as error:
            errors.append(error)
        else:
            return content
    if errors:
        raise errors[0]
    if any(next(_copies(Path(folder), dataset, other), None) for other in dataset.digests):
        raise FileNotFoundError("it is not there, neither raw nor as .gz")
    listed = sorted(path.name for path in Path(folder).iterdir())
    names = ", ".join(listed[:5] + ["..."] * (len(listed) > 5)) or "nothing"
    raise SourceError(f"none of {', '.join(dataset.digests)} is there, neither raw nor as .gz; found {names}")


def _copies(folder: Path, dataset: Dataset, name: str, depth: int = 3) -> Iterator[Path]:
    """The files that may be `name`, at most `depth` folders down."""
    subfolders = {dataset.folder.lower(), "raw", _normalize(name)}
    for path in sorted(folder.iterdir()):
        if path.is_dir() and depth and _normalize(path.name) in subfolders:
            yield from _copies(path, dataset, name, depth - 1)
        elif path.is_file() and _normalize(path.name) == _normalize(name):
            yield path


def _normalize(name: str) -> str:
    return name.lower().removesuffix(".gz").replace(".idx", "-idx")
