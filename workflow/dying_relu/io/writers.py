"""CSV and .npz files that grow block by block, in constant memory; the same content gives the same bytes."""

import gzip
import shutil
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pandas as pd
from numpy.typing import NDArray

# Nine significant digits give back every float32 exactly.
FLOAT_FORMAT = "%.9g"
# The date of every file inside an archive: the earliest that the format knows.
ZIP_DATE = (1980, 1, 1, 0, 0, 0)


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    """Open `path` for writing, gzipped where its name ends in .gz."""
    with path.open("wb") as file:
        if path.name.endswith(".gz"):
            # No name and no time in the header: the same rows give the same bytes.
            with gzip.GzipFile("", "wb", 6, file, mtime=0) as binary:
                yield binary
                binary.flush()  # writes an empty block; without it the bytes of existing results would change
        else:
            yield file


def write_csv(rows: pd.DataFrame, path: Path) -> None:
    """Write a whole table as a CSV file, gzipped where its name ends in .gz."""
    with _opened(path) as file:
        rows.to_csv(file, index=False, float_format=FLOAT_FORMAT, lineterminator="\n")


class CsvWriter:
    """A CSV file that grows block by block."""

    def __init__(self, path: Path) -> None:
        self._text = path.open("w", encoding="utf-8", newline="")
        self._empty = True

    def append(self, rows: pd.DataFrame) -> None:
        """Add rows; the first block also writes the header."""
        rows.to_csv(self._text, index=False, header=self._empty, float_format=FLOAT_FORMAT, lineterminator="\n")
        self._empty = False

    def close(self) -> None:
        self._text.close()


def concatenate_csv(parts: Sequence[Path], path: Path) -> None:
    """Write the rows of CSV files with the same header as one file, gzipped where its name ends in .gz."""
    with _opened(path) as joined:
        for index, part in enumerate(parts):
            with part.open("rb") as file:
                header = file.readline()
                if not index:
                    joined.write(header)
                shutil.copyfileobj(file, joined)


class NpzWriter:
    """An .npz file that grows array by array; numpy.load reads it lazily."""

    def __init__(self, path: Path, compressed: bool = True) -> None:
        self._method = zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED
        # On dW, level 1 is within a few per cent of level 6 and takes a third of its time.
        self._zip = zipfile.ZipFile(path, "w", self._method, compresslevel=1)

    def append(self, name: str, array: NDArray) -> None:
        entry = zipfile.ZipInfo(f"{name}.npy", ZIP_DATE)
        entry.compress_type = self._method
        with self._zip.open(entry, "w") as file:
            np.lib.format.write_array(file, array, allow_pickle=False)

    def close(self) -> None:
        self._zip.close()


def concatenate_npz(parts: Sequence[Path], path: Path) -> None:
    """Write the arrays of several .npz files as one file."""
    with closing(NpzWriter(path)) as joined:
        for part in parts:
            with np.load(part, allow_pickle=False) as arrays:
                for name in arrays.files:
                    joined.append(name, arrays[name])
