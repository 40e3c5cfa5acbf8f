"""What provenance tells, and that it tells no name of a host, user or folder."""

import getpass
import platform
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import yaml

from dying_relu.configuration.config import load_config
from dying_relu.provenance.provenance import collect, environment, find_commit
from helpers import ROOT


def test_the_environment_is_this_one_without_folders_and_names_of_this_machine(monkeypatch, tmp_path):
    monkeypatch.setenv("MKL_CBWR", "COMPATIBLE")
    monkeypatch.setenv("PASSWORD", "s3cr3t")
    settings = yaml.safe_load((ROOT / "config.yaml").read_text())
    settings |= {"results": "/somebody/results", "data": {"dir": str(tmp_path)}}
    collected = collect(ROOT, load_config(settings).portable, {"a": environment()}, ["mnist"])
    assert collected["report"] == environment()
    assert collected["report"]["variables"]["MKL_CBWR"] == "COMPATIBLE"
    assert collected["report"]["python"] == platform.python_version()
    assert collected["report"]["packages"]["numpy"] == np.__version__
    assert collected["report"]["cores"] >= 1
    hidden = {"s3cr3t", "somebody", str(tmp_path), str(ROOT), f"/{getpass.getuser()}", platform.node()}
    assert [word for word in hidden - {"", "localhost"} if word in str(collected)] == []


def test_runs_are_grouped_by_where_they_were_trained():
    here, there = {"python": "3.11"}, {"python": "3.12"}
    collected = collect(ROOT, {"epochs": 2}, {"a": here, "b": there, "c": dict(here)}, ["mnist"])
    assert collected["training"] == [
        {"environment": here, "runs": ["a", "c"]},
        {"environment": there, "runs": ["b"]},
    ]
    assert collected.items() >= find_commit(ROOT).items()


def sh(folder: Path, command: str) -> str:
    return subprocess.run(command, shell=True, cwd=folder, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def project(tmp_path) -> Path:
    """A repository in whose only commit a Snakefile is."""
    folder = tmp_path / "my project"
    folder.mkdir()
    sh(folder, "git init -q; touch Snakefile; git add Snakefile; git -c user.name=n -c user.email=e commit -qm first")
    return folder


def found(commit: str | None, reason: str | None, changes: bool | None) -> dict:
    return {"commit": commit, "commit_unavailable": reason, "uncommitted_changes": changes}


def test_the_commit_and_changes_are_gits(project, monkeypatch, tmp_path):
    """Also within a hook of another repository, and in a clone of another user, whose fsmonitor hook does not run."""
    commit = sh(project, "git rev-parse HEAD")
    sh(project, f"git config core.fsmonitor 'echo > {tmp_path}/ran; false'")
    (tmp_path / "git").write_text(f'#!/bin/sh\nGIT_TEST_ASSUME_DIFFERENT_OWNER=1 exec {shutil.which("git")} "$@"\n')
    (tmp_path / "git").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "dubious ownership" in sh(project, "git status 2>&1 || true")
    monkeypatch.setenv("GIT_DIR", str(tmp_path))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    assert find_commit(project) == found(commit, None, False)
    (project / "Snakefile").write_text("rule all:\n")
    assert find_commit(project) == found(commit, None, True)
    assert not (tmp_path / "ran").exists()
    monkeypatch.setenv("PATH", "")
    assert find_commit(project) == found(None, "git is not installed or cannot run", None)


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        # An archive that is unpacked inside another repository.
        ("mv .git ..", "the project's folder is not the top of a git repository"),
        ("git mv Snakefile other", "the git repository does not track the project's Snakefile"),
        ("rm -r .git; mkdir .git", "git ls-files failed with exit code 128"),
        ("git update-ref -d HEAD", "git rev-parse failed with exit code 128"),
    ],
)
def test_where_git_cannot_tell_the_commit_the_reason_is_given(project, command, reason):
    sh(project, command)
    assert find_commit(project) == found(None, reason, None)
