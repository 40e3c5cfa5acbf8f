"""The files beside the page: copies from the results folder, tables, and data for the page's scripts.

A page that is opened from disk may load scripts, styles and images, but no other file. Data therefore come as scripts.
"""

import base64
import gzip
import json
import shutil
from pathlib import Path
from typing import Any

import pandas as pd


class Assets:
    """The folder `folder` beside the page, filled from the folder `results`.

    Copies keep their paths in the results folder, so that no two files share a name. Methods that add a file return
    its address, relative to the page.
    """

    def __init__(self, results: Path, folder: Path) -> None:
        self.results, self.folder = results, folder

    def copy(self, path: str) -> str:
        """Copy a file of the results folder, unless it has been copied before."""
        if not (target := self._make_room(path)).exists():
            shutil.copyfile(self.results / path, target)
        return self._address(path)

    def write_table(self, path: str, table: pd.DataFrame) -> str:
        """Write a table as CSV, compressed if `path` ends with `.gz`."""
        compression = {"method": "gzip", "mtime": 0} if path.endswith(".gz") else None
        table.to_csv(self._make_room(path), index=False, lineterminator="\n", compression=compression)
        return self._address(path)

    def write_data(self, path: str, content: Any) -> str:
        """Write data for the page's scripts; see `write_data_script`."""
        write_data_script(self._make_room(path), content)
        return self._address(path)

    def _make_room(self, path: str) -> Path:
        (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
        return self.folder / path

    def _address(self, path: str) -> str:
        return f"{self.folder.name}/{path}"


def write_data_script(path: Path, content: Any) -> None:
    """Write `content`, text or a JSON value, as a script that `loadData` of assets.js reads.

    The content is compressed by gzip and encoded in base64; NaN and infinities become null.
    """
    text = content if isinstance(content, str) else _to_json(content)
    # Level 6 is 3 % larger than level 9 and takes a sixth of its time.
    encoded = base64.b64encode(gzip.compress(text.encode(), 6, mtime=0)).decode()
    path.write_text(f'document.currentScript.data = "{encoded}";\n')


def _to_json(content: Any) -> str:
    encode = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode
    try:
        return encode(content)
    except ValueError:  # a number is not finite: parse Python's own dialect, which names them, with None in their place
        return encode(json.loads(json.dumps(content), parse_constant=lambda name: None))
