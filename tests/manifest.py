"""SHA-256 of every result file that must be the same whenever and wherever it is made."""

from pathlib import Path

from dying_relu.io.atomic import file_digest

# Files that contain times; the page shows how long each stage took.
IGNORED_FOLDERS = ("logs", "benchmarks")
IGNORED_FILES = ("report/index.html", ".snakemake_timestamp", "README.md")


def manifest(results: Path) -> dict[str, str]:
    """SHA-256 by path relative to the folder `results`, sorted by path; includes hidden and unfinished files."""
    paths = [path.relative_to(results) for path in results.rglob("*") if path.is_file()]
    return {str(path): file_digest(results / path) for path in sorted(paths) if not _is_ignored(path)}


def _is_ignored(path: Path) -> bool:
    return path.parts[0] in IGNORED_FOLDERS or str(path) in IGNORED_FILES or path.name in IGNORED_FILES
