"""Folders that are outputs as a whole: Snakemake sees that one is missing, but not that a file in it is."""

import os
from contextlib import suppress
from pathlib import Path

LISTING = ".files"


def list_files(folder: Path) -> None:
    """Write the names of all files in `folder` into a file of its own there."""
    names = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    (folder / LISTING).write_text("\n".join(names) + "\n")


def outdate_if_incomplete(folder: Path) -> None:
    """Make a folder that lacks a file, or its listing, older than whatever it was made from, so that it is made again.

    Its date is that of the file that Snakemake writes into it.
    """
    if not folder.is_dir():
        return
    listing = folder / LISTING
    if not listing.exists() or not all((folder / name).exists() for name in listing.read_text().splitlines()):
        with suppress(OSError):  # results of somebody else
            (folder / ".snakemake_timestamp").touch()
            os.utime(folder / ".snakemake_timestamp", (1, 1))
