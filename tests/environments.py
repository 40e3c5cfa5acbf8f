"""What the rules and the files in envs/ say about environments, for tests."""

import re
from pathlib import Path

import yaml

from helpers import ROOT

ENVS = sorted(ROOT.glob("envs/*.yaml"))
# The names on PyPI of packages that conda-forge calls otherwise.
PYPI = {"pytorch": "torch", "matplotlib-base": "matplotlib", "seaborn-base": "seaborn"}


def pins(file: Path) -> dict[str, tuple[str, str]]:
    """Version and comment of each package that an environment file lists; all must be pinned."""
    lines = re.findall(r"^  - ([a-z0-9-]+)=([^= \n]+)(?:=\S+)?(?: # (.*))?$", file.read_text(), re.MULTILINE)
    assert len(lines) == len(yaml.safe_load(file.read_text())["dependencies"]), "not everything is pinned"
    return {name: (version, comment) for name, version, comment in lines}


def rules() -> list[tuple[str, str]]:
    """The environment and the script of every rule; a rule without either is an error."""
    blocks = [block for file in ROOT.glob("workflow/rules/*.smk")
              for block in re.split(r"^ *rule\b", file.read_text(), flags=re.MULTILINE)[1:]]  # fmt: skip
    keys = (r'conda:\s+"../../(envs/\w+\.yaml)"', r'script:\s+"../scripts/(\w+)\.py"')
    return [tuple(re.search(key, block)[1] for key in keys) for block in blocks]
