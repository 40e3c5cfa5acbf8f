"""What provenance says, and what it does not say."""

import getpass
import platform
import subprocess

import numpy as np
import yaml

from dying_relu.configuration.config import load_config
from dying_relu.provenance.provenance import collect, environment
from helpers import ROOT


def test_the_environment_is_this_one():
    found = environment()
    assert found["python"] == platform.python_version()
    assert found["packages"]["numpy"] == np.__version__
    assert found["cores"] >= 1


def test_runs_are_grouped_by_where_they_were_trained():
    here, there = {"python": "3.11"}, {"python": "3.12"}
    collected = collect(ROOT, {"epochs": 2}, {"a": here, "b": there, "c": dict(here)}, ["mnist"])
    assert collected["training"] == [
        {"environment": here, "runs": ["a", "c"]},
        {"environment": there, "runs": ["b"]},
    ]


def test_the_commit_is_gits(tmp_path):
    commit = subprocess.run(["git", "-C", str(ROOT), "rev-parse", "HEAD"], capture_output=True, text=True, check=True)
    assert collect(ROOT, {}, {}, [])["commit"] == commit.stdout.strip()
    assert collect(tmp_path, {}, {}, [])["commit"] is None


def test_folders_of_this_machine_are_left_out(tmp_path):
    settings = yaml.safe_load((ROOT / "config.yaml").read_text())
    settings |= {"results": "/somebody/results", "data": {"dir": str(tmp_path)}}
    text = str(collect(ROOT, load_config(settings).portable, {"a": environment()}, ["mnist"]))
    assert "somebody" not in text
    assert str(tmp_path) not in text
    assert str(ROOT) not in text
    assert platform.node() not in text or platform.node() in ("", "localhost")
    assert f"/{getpass.getuser()}" not in text
