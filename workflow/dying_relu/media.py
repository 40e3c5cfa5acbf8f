"""What lies beside the page: files of the results, and data as scripts."""

import shutil
from pathlib import Path
from typing import Any

import pandas as pd

from dying_relu.packs import write_pack


class Media:
    """The folder `folder` beside the page, which is made, and the `results` that it takes files from."""

    def __init__(self, results: Path, folder: Path) -> None:
        self.results, self.folder = results, folder
        folder.mkdir(parents=True)
        self._taken: dict[str, str] = {}

    def take(self, path: str) -> str:
        """Copy a file of the results, once; returns the address by which the page finds it."""
        if path not in self._taken:
            name = path.removeprefix("runs/").replace("/", "-")
            shutil.copyfile(self.results / path, self.folder / name)
            self._taken[path] = f"media/{name}"
        return self._taken[path]

    def exists(self, path: str) -> bool:
        """Whether the results have this file."""
        return (self.results / path).exists()

    def size(self, path: str) -> int:
        """How many bytes a file of the results has, or all files of a folder."""
        place = self.results / path
        return sum(file.stat().st_size for file in place.iterdir()) if place.is_dir() else place.stat().st_size

    def read(self, path: str) -> pd.DataFrame:
        """A table of the results."""
        return pd.read_csv(self.results / path)

    def write(self, name: str, table: pd.DataFrame) -> str:
        """Write a table that the results do not have, compressed where its name says so; returns its address."""
        compression = {"method": "gzip", "mtime": 0} if name.endswith(".gz") else None
        table.to_csv(self.folder / name, index=False, lineterminator="\n", compression=compression)
        return f"media/{name}"

    def pack(self, name: str, content: Any) -> str:
        """Write data for the page's scripts, see `write_pack`; returns the name by which they ask for it."""
        return write_pack(self.folder, name, content)
