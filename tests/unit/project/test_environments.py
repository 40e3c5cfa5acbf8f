"""Environments and profiles: they agree with the lock and the rules, and have what scripts import."""

import ast
import re
import sys

import pytest
import yaml

from dying_relu.provenance.code_digest import ImportGraph
from environments import ENVS, PYPI, pins, rules
from helpers import ROOT

MODULE = {"PIL": "pillow", "ffmpeg": "ffmpeg-python", "yaml": "pyyaml", "imageio_ffmpeg": "imageio-ffmpeg"}
# Comes with another package.
BROUGHT_ALONG = {"urllib3": "requests", "llvmlite": "numba", "pydantic_core": "pydantic"}

IMPORTS = ImportGraph(ROOT / "workflow")
LOCK = dict(re.findall(r"^([a-z0-9-]+)==([^ ]+)", (ROOT / "envs/requirements.txt").read_text(), re.MULTILINE))


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
    imported = set()
    for file in IMPORTS.files(ROOT / "workflow" / "scripts" / f"{script}.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) else []
            imported |= {name.partition(".")[0] for name in names}
    imported -= set(sys.stdlib_module_names) | {"dying_relu"}
    needed = {BROUGHT_ALONG.get(name, MODULE.get(name, name)) for name in imported}
    assert needed <= {PYPI.get(name, name) for name in pins(ROOT / env)}


@pytest.mark.parametrize("lock", sorted(ROOT.glob("envs/*.txt")), ids=lambda lock: lock.stem)
def test_a_lock_has_hashes_and_no_addresses(lock):
    text = lock.read_text()
    assert "://" not in text
    packages = re.findall(r"^\w.*?(?=^\S|\Z)", text, re.MULTILINE | re.DOTALL)
    assert len(packages) >= 3
    assert all("==" in package.partition("\n")[0] for package in packages)
    assert all("--hash=sha256:" in package for package in packages)


def test_the_lock_has_what_is_asked_for_directly():
    asked = re.findall(r"^([a-z0-9-]+)==(\S+)", (ROOT / "envs/requirements.in").read_text(), re.MULTILINE)
    assert len(asked) > 10
    assert {name: LOCK[name] for name, _ in asked} == dict(asked)


def test_every_rule_belongs_to_a_submission_of_the_profile_for_clusters():
    groups = yaml.safe_load((ROOT / "profiles/slurm/config.yaml").read_text())["groups"]
    rules = "".join(file.read_text() for file in ROOT.glob("workflow/rules/*.smk"))
    # Fetching and compiling stay where Snakemake runs.
    assert set(groups) == set(re.findall(r"^ *rule (\w+):", rules, re.MULTILINE)) - {"compile"}
