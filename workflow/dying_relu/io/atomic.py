"""Files that are whole or not there."""

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from glob import escape
from pathlib import Path
from secrets import token_hex


@contextmanager
def atomic_write(path: str | Path) -> Iterator[Path]:
    """Yield a path to write to, file or folder, which becomes `path` when the block ends without an error.

    The path has a random name beside `path`, so that an orphaned process, on this machine or another, cannot write into
    a later one's file. It is removed when the block fails. The next call removes what a killed process has left; should
    that process still live, its own replacement then fails, and cannot overwrite a newer `path`.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    for left in path.parent.glob(f".????????-{escape(path.name)}"):
        _remove(left)
    aside = path.with_name(f".{token_hex(4)}-{path.name}")
    try:
        yield aside
        if path.is_dir() and aside.exists():
            shutil.rmtree(path)
        aside.replace(path)
    finally:
        _remove(aside)


def file_digest(path: Path) -> str:
    """SHA-256 of a file's content, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def unwritable(folder: str | Path) -> str | None:
    """Return why nothing can be written into `folder`, which need not exist, or None. Writes nothing to find out."""
    folder = Path(folder).absolute()
    there = next(path for path in (folder, *folder.parents) if path.exists())
    if not there.is_dir():
        return f"{there} is a file"
    if os.access(there, os.W_OK | os.X_OK):
        return None
    return f"{there} cannot be written to: it is read-only, or belongs to somebody else"


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
