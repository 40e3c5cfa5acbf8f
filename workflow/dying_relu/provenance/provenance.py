"""What produced a result: software, machine, commit, configuration, data."""

import json
import logging
import os
import platform
import re
import subprocess
from collections.abc import Mapping, Sequence
from importlib.metadata import distributions
from itertools import islice
from pathlib import Path
from typing import Any

from dying_relu.data.datasets import DATASETS

PACKAGES = [
    *("ffmpeg-python", "imageio-ffmpeg", "jinja2", "matplotlib", "numba", "numpy", "pandas", "pillow", "seaborn"),
    *("safetensors", "snakemake", "torch", "torchvision"),
]
# Variables by which numerical libraries round differently; trainings under different values differ in their last bits.
NUMERICAL_VARIABLES = [
    *("ATEN_CPU_CAPABILITY", "MKL_CBWR", "MKL_ENABLE_INSTRUCTIONS", "NPY_DISABLE_CPU_FEATURES", "NUMBA_CPU_FEATURES"),
    *("NUMBA_CPU_NAME", "NUMBA_OPT", "ONEDNN_DEFAULT_FPMATH_MODE", "ONEDNN_MAX_CPU_ISA"),
]

log = logging.getLogger(__name__)


def environment() -> dict[str, Any]:
    """The software and the machine that this process runs on, without names of hosts, users or folders."""
    return {
        "python": platform.python_version(),
        # Of several versions on the path, Python imports the first.
        "packages": {name: found.version for name in PACKAGES for found in islice(distributions(name=name), 1)},
        "system": f"{platform.system()} {platform.release()}",
        "architecture": platform.machine(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "variables": {name: os.environ[name] for name in NUMERICAL_VARIABLES if name in os.environ},
    }


def _processor() -> str:
    """The processor's model, or an empty string where the system does not tell."""
    try:
        found = re.search(r"^model name\s*:(.*)", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    except OSError:
        return platform.processor()
    return found[1].strip() if found else ""


def collect(
    root: Path, settings: Mapping[str, Any], trained: Mapping[str, dict[str, Any]], datasets: Sequence[str]
) -> dict[str, Any]:
    """The content of `provenance.json`.

    `root` is the project's folder, `settings` the configuration without folders of this machine (`Config.portable`),
    `trained` the environment in which each run was trained, by the run's name, and `datasets` the names of those that
    the runs were trained on. Digests of datasets other than MNIST have the name of their folder in front.
    """
    runs: dict[str, list[str]] = {}  # by the environment, as JSON
    for run, found in trained.items():
        runs.setdefault(json.dumps(found, sort_keys=True), []).append(run)
    return {
        **find_commit(root),
        "configuration": dict(settings),
        "data": {
            name if dataset == "mnist" else f"{DATASETS[dataset].folder}/{name}": digest
            for dataset in datasets
            for name, digest in DATASETS[dataset].digests.items()
        },
        "training": [{"environment": trained[names[0]], "runs": names} for names in runs.values()],
        "report": environment(),
    }


def find_commit(root: Path) -> dict[str, Any]:
    """The `commit` of the project in `root` and whether there are `uncommitted_changes` of tracked files.

    Where git cannot tell, both are None and `commit_unavailable` is the reason; otherwise the reason is None.
    """
    try:
        if not (root / ".git").exists():
            raise LookupError("the project's folder is not the top of a git repository")
        if not _git(root, "ls-files", "Snakefile"):
            raise LookupError("the git repository does not track the project's Snakefile")
        commit = _git(root, "rev-parse", "--verify", "HEAD")
        changes = bool(_git(root, "status", "--porcelain", "--untracked-files=no"))
    except LookupError as error:
        return {"commit": None, "commit_unavailable": str(error), "uncommitted_changes": None}
    return {"commit": commit, "commit_unavailable": None, "uncommitted_changes": changes}


def _git(root: Path, *arguments: str) -> str:
    """What git says of the repository at `root`. Raises LookupError, whose message names no folder of this machine.

    With an explicit `--git-dir` git takes no other repository, of a folder above or of a hook's variables, and reads a
    clone of another user's, too. Nothing is written, and the repository's fsmonitor hook does not run.
    """
    command = ["git", "-C", str(root), "--git-dir=.git", "--work-tree=.", "--no-optional-locks"]
    command += ["-c", "core.fsmonitor=false", *arguments]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    except OSError:
        raise LookupError("git is not installed or cannot run") from None
    except subprocess.CalledProcessError as error:
        log.warning("git %s: %s", arguments[0], error.stderr.strip())
        raise LookupError(f"git {arguments[0]} failed with exit code {error.returncode}") from None
    return done.stdout.strip()
