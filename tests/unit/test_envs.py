"""The conda environments: that they agree with the lock, and have what their scripts import."""

import ast
import re
import sys

import pytest
import yaml

from dying_relu.sources import modules_of
from helpers import ROOT

ENVS = sorted(ROOT.glob("envs/*.yaml"))
# What conda-forge calls a package that the index of Python packages calls otherwise.
PYPI = {"pytorch": "torch", "matplotlib-base": "matplotlib", "seaborn-base": "seaborn"}
MODULE = {"PIL": "pillow", "ffmpeg": "ffmpeg-python", "yaml": "pyyaml", "imageio_ffmpeg": "imageio-ffmpeg"}
# Comes with another package.
BROUGHT_ALONG = {"urllib3": "requests", "llvmlite": "numba"}

LOCK = dict(re.findall(r"^([a-z0-9-]+)==([^ ]+)", (ROOT / "envs/requirements.txt").read_text(), re.MULTILINE))


def pins(file) -> dict[str, tuple[str, str]]:
    """Package to version and comment, as they stand in the file."""
    lines = re.findall(r"^  - ([a-z0-9-]+)=([^= \n]+)(?:=\S+)?(?: # (.*))?$", file.read_text(), re.MULTILINE)
    assert len(lines) == len(yaml.safe_load(file.read_text())["dependencies"]), "not everything is pinned"
    return {name: (version, comment) for name, version, comment in lines}


def rules() -> list[tuple[str, str]]:
    """The script and the environment of every rule."""
    found = []
    for file in ROOT.glob("workflow/rules/*.smk"):
        text = file.read_text()
        found += re.findall(r'conda:\s+"../../(envs/\w+\.yaml)".*?script:\s+"../scripts/(\w+)\.py"', text, re.DOTALL)
        assert text.count("\nrule ") == text.count('"../scripts/') == text.count('"../../envs/')
    return found


def test_every_rule_names_its_environment_and_every_environment_is_used():
    assert {env for env, _ in rules()} == {str(file.relative_to(ROOT)) for file in ENVS}
    assert {script for _, script in rules()} == {file.stem for file in ROOT.glob("workflow/scripts/*.py")}


@pytest.mark.parametrize("file", ENVS, ids=lambda file: file.stem)
def test_versions_are_those_of_the_lock_or_say_why_not(file):
    for name, (version, comment) in pins(file).items():
        if name == "python":
            assert version.startswith(("3.11.", "3.12.", "3.13."))
        elif LOCK.get(PYPI.get(name, name)) != version:
            assert "lock" in comment, f"{name}={version}: the lock says otherwise, and no reason stands beside it"


@pytest.mark.parametrize(("env", "script"), rules(), ids=lambda value: value)
def test_an_environment_has_what_its_script_imports(env, script):
    script = ROOT / "workflow" / "scripts" / f"{script}.py"
    imported = set()
    for file in [script, *modules_of(script)]:
        for node in ast.walk(ast.parse(file.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) else []
            imported |= {name.partition(".")[0] for name in names}
    imported -= set(sys.stdlib_module_names) | {"dying_relu"}
    needed = {BROUGHT_ALONG.get(name, MODULE.get(name, name)) for name in imported}
    assert needed <= {PYPI.get(name, name) for name in pins(ROOT / env)}


def test_the_lock_has_hashes_and_no_addresses():
    text = (ROOT / "envs/requirements.txt").read_text()
    assert "://" not in text
    packages = re.findall(r"^[a-z0-9-]+==.*?(?=^\S|\Z)", text, re.MULTILINE | re.DOTALL)
    assert len(packages) == len(LOCK)
    assert all("--hash=sha256:" in package for package in packages)


def test_the_lock_has_what_is_asked_for_directly():
    asked = re.findall(r"^([a-z0-9-]+)==(\S+)", (ROOT / "envs/requirements.in").read_text(), re.MULTILINE)
    assert len(asked) > 10
    assert {name: LOCK[name] for name, _ in asked} == dict(asked)
