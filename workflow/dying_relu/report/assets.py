"""What lies beside the page: files of the results, and data as scripts.

A page that is opened from disk may load scripts, but no other files.
"""

import base64
import gzip
import json
import math
import shutil
from pathlib import Path
from typing import Any

import pandas as pd


class Assets:
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


def write_pack(folder: Path, name: str, content: Any) -> str:
    """Write `content`, text or what JSON can say, as `<name>.pack.js` into `folder`; returns `name`.

    The script hands the compressed content to the function `pack` of packs.js. NaN becomes null.
    """
    text = content if isinstance(content, str) else _as_json(content)
    # Of what level 9, the default, takes a sixth of the time, and 3 % more bytes.
    packed = base64.b64encode(gzip.compress(text.encode(), 6, mtime=0)).decode()
    (folder / f"{name}.pack.js").write_text(f'pack({json.dumps(name)}, "{packed}");\n')
    return name


def _as_json(content: Any) -> str:
    encode = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode
    try:
        return encode(content)
    except ValueError:  # the rare case; to look for it in a million numbers takes as long as all the rest
        return encode(_plain(content))


def _plain(value: Any) -> Any:
    """`value` with what is not a number, or not a finite one, as None."""
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
