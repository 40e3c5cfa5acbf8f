"""Files that are either whole or not there."""

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
    """A path to write to, file or folder, that becomes `path` when the block ends without an error.

    It stands beside `path` under a name of its own, so that an orphaned process, on this machine or another, cannot
    write into a later one's file, and is removed when the block fails. What a process that was killed has left there
    goes when the next one begins; one that lives on after all then fails, instead of replacing what is newer.
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
    """Why nothing can be written into `folder`, which need not exist yet, or None. Nothing is written to find out."""
    folder = Path(folder)
    there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not there.is_dir():
        return f"results: found {folder}, but {there} is a file"
    if os.access(there, os.W_OK | os.X_OK):
        return None
    return f"results: found {folder}, but {there} cannot be written to: it is read-only, or belongs to somebody else"


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
