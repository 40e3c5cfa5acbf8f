"""A digest of every file of the results that must be the same whenever and wherever it is made."""

from collections.abc import Mapping
from pathlib import Path

from dying_relu.io.atomic import file_digest

# What says when, or how long: logs, benchmarks, and the page, which shows where the time went.
FOLDERS = ("logs", "benchmarks")
FILES = ("report/index.html", ".snakemake_timestamp", "README.md")


def manifest(results: Path) -> dict[str, str]:
    """SHA-256 by path, relative to the folder `results`, sorted; unfinished and hidden files are in it, too."""
    paths = [path.relative_to(results) for path in results.rglob("*") if path.is_file()]
    return {str(path): file_digest(results / path) for path in sorted(paths) if _counts(path)}


def differences(one: Mapping[str, str], other: Mapping[str, str]) -> list[str]:
    """The paths that are not in both manifests, or with another digest, sorted."""
    return sorted(path for path in one.keys() | other.keys() if one.get(path) != other.get(path))


def _counts(path: Path) -> bool:
    return path.parts[0] not in FOLDERS and str(path) not in FILES and path.name not in FILES
