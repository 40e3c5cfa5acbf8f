"""What produced a result: software, machine, commit, configuration, data."""

import os
import platform
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from dying_relu.data.datasets import DATASETS

PACKAGES = [
    *("ffmpeg-python", "imageio-ffmpeg", "jinja2", "matplotlib", "numba", "numpy", "pandas", "pillow", "seaborn"),
    *("snakemake", "torch", "torchvision"),
]


def environment() -> dict[str, Any]:
    """The software and the machine that this process runs on. No name of a host, user or folder is in it."""
    return {
        "python": platform.python_version(),
        "packages": {name: found for name in PACKAGES if (found := _version(name)) is not None},
        "system": f"{platform.system()} {platform.release()}",
        "architecture": platform.machine(),
        "processor": _processor(),
        "cores": os.cpu_count(),
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _processor() -> str:
    """The processor's name, where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")


def collect(
    root: Path, settings: Mapping[str, Any], trained: Mapping[str, dict[str, Any]], datasets: Sequence[str]
) -> dict[str, Any]:
    """`provenance.json`.

    `root` is the folder of the workflow, `settings` the configuration without folders of this
    machine (`Config.portable`), `trained` the environment that each run was trained in, by the
    name of the run, `datasets` those that the runs were trained on. Files of others than MNIST
    have the name of their folder in front.
    """
    return {
        "commit": _git(root, "rev-parse", "HEAD"),
        "uncommitted_changes": bool(_git(root, "status", "--porcelain", "--untracked-files=no")),
        "configuration": dict(settings),
        "data": {
            name if dataset == "mnist" else f"{DATASETS[dataset].folder}/{name}": digest
            for dataset in datasets
            for name, digest in DATASETS[dataset].digests.items()
        },
        "training": _grouped(trained.items()),
        "report": environment(),
    }


def _grouped(trained: Iterable[tuple[str, dict[str, Any]]]) -> list[dict[str, Any]]:
    """One entry per distinct environment, with the runs that were trained in it."""
    groups: list[dict[str, Any]] = []
    for run, found in trained:
        group = next((group for group in groups if group["environment"] == found), None)
        if group is None:
            groups.append(group := {"environment": found, "runs": []})
        group["runs"].append(run)
    return groups


def _git(root: Path, *arguments: str) -> str | None:
    """What git says, or None where there is no git or no repository."""
    try:
        done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()
