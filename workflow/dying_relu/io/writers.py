"""Writers that grow a file block by block, in constant memory, with the same bytes for the same content."""

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
# Files inside an archive carry a date; the earliest that the format knows says nothing.
ZIP_DATE = (1980, 1, 1, 0, 0, 0)


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    """A file to write to, gzipped where its name ends in .gz."""
    with path.open("wb") as file:
        if path.name.endswith(".gz"):
            # No name and no time in the gzip header: the same rows give the same bytes.
            with gzip.GzipFile("", "wb", 6, file, mtime=0) as binary:
                yield binary
                binary.flush()  # ends with an empty block, as these files always have: their bytes stay what they were
        else:
            yield file


def write_csv(rows: pd.DataFrame, path: Path) -> None:
    """Write a whole table as a CSV file, gzipped where its name ends in .gz."""
    with _opened(path) as file:
        rows.to_csv(file, index=False, float_format=FLOAT_FORMAT, lineterminator="\n")


class CsvWriter:
    """A CSV file that grows block by block, in constant memory."""

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
    """Write the rows of several CSV files with the same header as one (gzipped where its name ends in .gz)."""
    with _opened(path) as joined:
        for index, part in enumerate(parts):
            with part.open("rb") as file:
                header = file.readline()
                if not index:
                    joined.write(header)
                shutil.copyfileobj(file, joined)


class NpzWriter:
    """An .npz file that grows array by array, in constant memory; numpy.load reads it lazily."""

    def __init__(self, path: Path, compressed: bool = True) -> None:
        self._method = zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED
        # Level 1: within a few per cent of level 6 on dW, in a third of its time.
        self._zip = zipfile.ZipFile(path, "w", self._method, compresslevel=1)

    def append(self, name: str, array: NDArray) -> None:
        entry = zipfile.ZipInfo(f"{name}.npy", ZIP_DATE)
        entry.compress_type = self._method
        with self._zip.open(entry, "w") as file:
            np.lib.format.write_array(file, array, allow_pickle=False)

    def close(self) -> None:
        self._zip.close()


def concatenate_npz(parts: Sequence[Path], path: Path) -> None:
    """Write the arrays of several .npz files as one."""
    with closing(NpzWriter(path)) as joined:
        for part in parts:
            with np.load(part, allow_pickle=False) as arrays:
                for name in arrays.files:
                    joined.append(name, arrays[name])
