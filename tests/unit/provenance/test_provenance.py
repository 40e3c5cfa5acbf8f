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


def test_the_environment_is_this_one(monkeypatch):
    monkeypatch.setenv("MKL_CBWR", "COMPATIBLE")
    monkeypatch.setenv("PASSWORD", "s3cr3t")
    found = environment()
    assert found["variables"]["MKL_CBWR"] == "COMPATIBLE"
    assert "s3cr3t" not in str(found)
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
    commit = sh(project, "git rev-parse HEAD")
    monkeypatch.setenv("GIT_DIR", str(tmp_path))  # as a hook of another repository has it
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    assert find_commit(project) == found(commit, None, False)
    (project / "Snakefile").write_text("rule all:\n")
    assert find_commit(project) == found(commit, None, True)


def test_a_clone_of_another_user_is_read_without_its_fsmonitor_hook(project, monkeypatch, tmp_path):
    commit = sh(project, "git rev-parse HEAD")
    sh(project, f"git config core.fsmonitor 'echo > {tmp_path}/ran; false'")
    (tmp_path / "git").write_text(f'#!/bin/sh\nGIT_TEST_ASSUME_DIFFERENT_OWNER=1 exec {shutil.which("git")} "$@"\n')
    (tmp_path / "git").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "dubious ownership" in sh(project, "git status 2>&1 || true")
    assert find_commit(project) == found(commit, None, False)
    assert not (tmp_path / "ran").exists()


NOT_THE_TOP = "the project's folder is not the top of a git repository"


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ("rm -r .git", NOT_THE_TOP),
        ("mv .git ..", NOT_THE_TOP),  # an archive that is unpacked inside another repository
        ("git mv Snakefile other", "the git repository does not track the project's Snakefile"),
        ("rm -r .git; mkdir .git", "git ls-files failed with exit code 128"),
        ("git update-ref -d HEAD", "git rev-parse failed with exit code 128"),
    ],
)
def test_where_git_cannot_tell_the_commit_the_reason_is_given(project, command, reason):
    sh(project, command)
    assert find_commit(project) == found(None, reason, None)


def test_without_git_the_commit_is_unavailable(project, monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert find_commit(project) == found(None, "git is not installed or cannot run", None)


def test_folders_of_this_machine_are_left_out(tmp_path):
    settings = yaml.safe_load((ROOT / "config.yaml").read_text())
    settings |= {"results": "/somebody/results", "data": {"dir": str(tmp_path)}}
    text = str(collect(ROOT, load_config(settings).portable, {"a": environment()}, ["mnist"]))
    assert "somebody" not in text
    assert str(tmp_path) not in text
    assert str(ROOT) not in text
    assert platform.node() not in text or platform.node() in ("", "localhost")
    assert f"/{getpass.getuser()}" not in text
