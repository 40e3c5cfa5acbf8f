"""What produced a result: software, machine, commit, configuration, data."""

import json
import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from dying_relu.data.datasets import DATASETS
from dying_relu.provenance.commit import find_commit

PACKAGES = [
    *("ffmpeg-python", "imageio-ffmpeg", "jinja2", "matplotlib", "numba", "numpy", "pandas", "pillow", "seaborn"),
    *("snakemake", "torch", "torchvision"),
]
# Variables by which numerical libraries round differently; trainings under different values differ in their last bits.
NUMERICAL_VARIABLES = [
    *("ATEN_CPU_CAPABILITY", "MKL_CBWR", "MKL_ENABLE_INSTRUCTIONS", "NPY_DISABLE_CPU_FEATURES", "NUMBA_CPU_FEATURES"),
    *("NUMBA_CPU_NAME", "NUMBA_OPT", "ONEDNN_DEFAULT_FPMATH_MODE", "ONEDNN_MAX_CPU_ISA"),
]


def environment() -> dict[str, Any]:
    """The software and the machine that this process runs on, without names of hosts, users or folders."""
    return {
        "python": platform.python_version(),
        "packages": {name: found for name in PACKAGES if (found := _version(name)) is not None},
        "system": f"{platform.system()} {platform.release()}",
        "architecture": platform.machine(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "variables": {name: os.environ[name] for name in NUMERICAL_VARIABLES if name in os.environ},
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _processor() -> str:
    """The processor's model, or an empty string where the system does not tell."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")


def collect(
    root: Path, settings: Mapping[str, Any], trained: Mapping[str, dict[str, Any]], datasets: Sequence[str]
) -> dict[str, Any]:
    """The content of `provenance.json`.

    `root` is the project's folder, `settings` the configuration without folders of this machine (`Config.portable`),
    `trained` the environment in which each run was trained, by the run's name, and `datasets` the names of those that
    the runs were trained on. Digests of datasets other than MNIST have the name of their folder in front.
    """
    return {
        **find_commit(root),
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
    """One entry per distinct environment, with the names of the runs that were trained in it."""
    groups: dict[str, dict[str, Any]] = {}
    for run, found in trained:
        groups.setdefault(json.dumps(found, sort_keys=True), {"environment": found, "runs": []})["runs"].append(run)
    return list(groups.values())
