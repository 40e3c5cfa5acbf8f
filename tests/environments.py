"""What the files in envs/ say, for tests."""

import re
from pathlib import Path

import yaml

from helpers import ROOT

ENVS = sorted(ROOT.glob("envs/*.yaml"))
# What conda-forge calls a package that the index of Python packages calls otherwise.
PYPI = {"pytorch": "torch", "matplotlib-base": "matplotlib", "seaborn-base": "seaborn"}


def pins(file: Path) -> dict[str, tuple[str, str]]:
    """Package to version and comment, as they stand in the file."""
    lines = re.findall(r"^  - ([a-z0-9-]+)=([^= \n]+)(?:=\S+)?(?: # (.*))?$", file.read_text(), re.MULTILINE)
    assert len(lines) == len(yaml.safe_load(file.read_text())["dependencies"]), "not everything is pinned"
    return {name: (version, comment) for name, version, comment in lines}


# What nobody asks for in the main job: figures of many runs.
NOT_IN_MAIN_JOB = {"outcomes", "sweep_figure"}


def scripts_run(commands: str) -> set[str]:
    """The scripts of rules that are run by some commands; Snakemake gives each job a copy of its own."""
    return set(re.findall(r"/scripts/tmp\w+\.(\w+)\.py", commands))


def rules() -> list[tuple[str, str]]:
    """The environment and the script of every rule."""
    found = []
    for file in ROOT.glob("workflow/rules/*.smk"):
        text = file.read_text()
        found += re.findall(r'conda:\s+"../../(envs/\w+\.yaml)".*?script:\s+"../scripts/(\w+)\.py"', text, re.DOTALL)
        assert (
            len(re.findall(r"^ *rule\b", text, re.MULTILINE))
            == text.count('"../scripts/')
            == text.count('"../../envs/')
        )
    return found
