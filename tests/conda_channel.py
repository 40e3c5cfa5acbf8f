"""Make a channel of small conda packages: python conda_channel.py CHANNEL PACKAGES.json, in .venv-rattler.

PACKAGES.json is a list of packages: name, version, build, build_number, depends, and files, text by path. Files below
bin/ can be executed. Packages of the channel that are not in the list stay.
"""

import asyncio
import json
import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rattler.index import index_fs
from rattler.platform import Subdir
from rattler_build import assemble_package


def add(channel: Path, package: dict[str, Any]) -> None:
    """Write one package for this platform into the channel."""
    platform = str(Subdir.current())
    with TemporaryDirectory() as folder:
        for path, text in package["files"].items():
            file = Path(folder) / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
            file.chmod(0o755 if path.startswith("bin/") else 0o644)
        assemble_package(
            package["name"],
            package["version"],
            platform,
            package["build"],
            channel / platform,
            files_dir=folder,
            depends=package["depends"],
            build_number=package["build_number"],
        )


def main(channel: Path, packages: Path) -> None:
    (channel / "noarch").mkdir(parents=True, exist_ok=True)  # a channel has this, empty or not
    for package in json.loads(packages.read_text()):
        add(channel, package)
    asyncio.run(index_fs(channel))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
    os._exit(0)  # see conda_stand_in.py
