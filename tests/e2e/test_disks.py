"""A disk that is full or read-only: a real file system, in memory, which only root can mount."""

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from faults import OUTPUTS, explains, needs_proc

pytestmark = [pytest.mark.slow, pytest.mark.faults, needs_proc]

FULL = pytest.mark.full
BYTES_LEFT = (0, 64 * 1024)


def mount(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(["mount", *arguments], capture_output=True, text=True, check=False)


@pytest.fixture
def disk(small) -> Iterator[Callable[[str], Path]]:
    """A function that mounts a file system of its own, 300 MB in memory, as a folder of the project."""
    mounted = []

    def make(name: str) -> Path:
        folder = small.project / name
        folder.mkdir()
        done = mount("-t", "tmpfs", "-o", "size=300m", "tmpfs", str(folder))
        if done.returncode:
            message = f"only root can mount a file system: {done.stderr.strip()}"
            if os.environ.get("CI"):
                pytest.fail(message)
            pytest.skip(message)
        mounted.append(folder)
        return folder

    yield make
    for folder in mounted:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder: Path, left: int) -> Path:
    """Fill a file system until so many bytes are left; returns the file that does it."""
    filler = folder / "filler"
    with filler.open("wb") as file:
        for _ in range(100):  # jobs may write between the two calls
            state = os.statvfs(folder)
            with suppress(OSError):
                os.posix_fallocate(file.fileno(), 0, state.f_bavail * state.f_frsize - left)
                break
    return filler


@pytest.mark.parametrize(
    ("stage", "left"),
    [
        pytest.param(stage, left, marks=[] if (stage, left) == ("train", 0) else FULL)
        for stage in OUTPUTS
        for left in BYTES_LEFT
    ],
)
def test_the_disk_becomes_full(small, disk, stage, left):
    results = disk(f"full-{stage}-{left}")
    workflow = small.start_at(stage, results.name)
    filler = fill(results, left)
    workflow.fails()
    explains(workflow.output, "No space left on device")
    filler.unlink()
    small.resumes(results.name)


@pytest.mark.parametrize("left", [pytest.param(left, marks=FULL) for left in BYTES_LEFT])
def test_the_disk_is_full_and_stays_so(small, disk, left):
    """The same message when the command is given again before there is room."""
    results = disk(f"stays-full-{left}")
    filler = fill(results, left)
    for _ in range(2):
        refused = small.run(results.name)
        assert refused.returncode != 0
        explains(refused.stdout, "No space left on device")
    filler.unlink()
    small.resumes(results.name)


def test_the_folder_is_read_only(small, disk):
    results = disk("read-only")
    assert mount("-o", "remount,ro", str(results)).returncode == 0
    refused = small.run(results.name)
    assert refused.returncode != 0
    explains(refused.stdout, "results: found read-only, but", "cannot be written to")
    assert list(results.iterdir()) == []
    assert mount("-o", "remount,rw", str(results)).returncode == 0
    small.resumes(results.name)


@pytest.mark.parametrize("stage", [pytest.param(stage, marks=FULL) for stage in OUTPUTS])
def test_the_folder_becomes_read_only(small, disk, stage):
    """As a file system does after an error of its disk."""
    results = disk(f"read-only-{stage}")
    workflow = small.start_at(stage, results.name)
    while mount("-o", "remount,ro", str(results)).returncode:  # busy while something is open for writing
        assert workflow.process.poll() is None, workflow.output
    workflow.fails()
    print(workflow.output)
    assert mount("-o", "remount,rw", str(results)).returncode == 0
    small.resumes(results.name)
