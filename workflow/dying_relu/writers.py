"""Writers that grow a file block by block, in constant memory, with the same bytes for the same content."""

import gzip
import zipfile
from io import TextIOWrapper
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

# Nine significant digits give back every float32 exactly.
FLOAT_FORMAT = "%.9g"
# Files inside an archive carry a date; the earliest that the format knows says nothing.
ZIP_DATE = (1980, 1, 1, 0, 0, 0)


class Table:
    """A CSV file (gzipped where the name ends in .gz) that grows block by block, in constant memory."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")
        # No name and no time in the gzip header: the same rows give the same bytes.
        binary = gzip.GzipFile("", "wb", 6, self._file, mtime=0) if path.name.endswith(".gz") else self._file
        self._text = TextIOWrapper(binary, encoding="utf-8", newline="")
        self._empty = True

    def append(self, rows: pd.DataFrame) -> None:
        """Add rows; the first block also writes the header."""
        rows.to_csv(self._text, index=False, header=self._empty, float_format=FLOAT_FORMAT, lineterminator="\n")
        self._empty = False

    def close(self) -> None:
        self._text.close()
        self._file.close()


class ArrayArchive:
    """An .npz file that grows array by array, in constant memory; numpy.load reads it lazily."""

    def __init__(self, path: Path) -> None:
        # Level 1: within a few per cent of level 6 on dW, in a third of its time.
        self._zip = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1)

    def append(self, name: str, array: NDArray) -> None:
        entry = zipfile.ZipInfo(f"{name}.npy", ZIP_DATE)
        entry.compress_type = zipfile.ZIP_DEFLATED
        with self._zip.open(entry, "w") as file:
            np.lib.format.write_array(file, array, allow_pickle=False)

    def close(self) -> None:
        self._zip.close()
