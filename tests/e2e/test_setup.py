"""Setting up .venv where something is missing: one clear line, and nothing half done."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


def set_up(project: Path, **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        ["make", "venv"], cwd=project, env=os.environ | environment, capture_output=True, text=True, check=False
    )


def fake(folder: Path, name: str, script: str) -> Path:
    """An executable that says what a test wants it to say."""
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)
    return folder


def refused(done: subprocess.CompletedProcess, message: str) -> None:
    assert done.returncode != 0
    errors = [line for line in done.stderr.splitlines() if not line.startswith("make")]  # make[1]: under make test
    assert len(errors) == 1, done.stderr
    assert errors[0].startswith("error: ")
    assert message in errors[0]


@pytest.fixture
def project(make_project) -> Path:
    folder = make_project()
    return folder.rename(folder.with_name("dying-relu"))


@pytest.mark.parametrize("name", ["dying relu", "dying:relu", "dying'relu", "$dying", "dying(1)"])
def test_the_path_is_one_that_would_fail_after_the_installation(project, name):
    refused(set_up(project.rename(project.with_name(name))), "a space, a colon or another character that a shell reads")


def test_python_is_too_old(project, tmp_path):
    old = fake(tmp_path / "bin", "python3.9", 'case "$1" in -c) exit 1 ;; *) echo Python 3.9.18 ;; esac')
    refused(set_up(project, PYTHON=str(old / "python3.9")), "(Python 3.9.18)")


def test_python_is_missing(project):
    refused(set_up(project, PYTHON="/no/such/python"), "Python 3.11, 3.12 or 3.13 is needed; tried /no/such/python")


def test_the_disk_is_full(project, tmp_path):
    df = fake(tmp_path / "bin", "df", "echo Filesystem; echo /dev/x 1000 1000 1048576 99% /")
    done = set_up(project, PATH=f"{df}:{os.environ['PATH']}", PYTHON=sys.executable)
    refused(done, "no disk space: .venv needs about")
    assert "1 GB are free" in done.stderr


def test_there_is_no_network(project, tmp_path):
    nowhere = {
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_INDEX_URL": "http://127.0.0.1:9/simple",
        "PIP_EXTRA_INDEX_URL": "",
        "PIP_FIND_LINKS": "",
        "PIP_RETRIES": "0",
    }
    done = set_up(project, PYTHON=sys.executable, **nowhere)
    refused(done, "no network")
    assert not (project / ".venv" / "lock.txt").exists()
    refused(set_up(project, PYTHON=sys.executable, **nowhere), "no network")


def test_a_venv_that_fits_the_lock_is_left_alone(project):
    (project / ".venv").mkdir()
    (project / ".venv" / "lock.txt").write_bytes((project / "envs" / "requirements.txt").read_bytes())
    assert set_up(project, PYTHON="/no/such/python").returncode == 0
