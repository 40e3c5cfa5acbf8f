"""A disk that is full or read-only, for real: a file system in memory, which takes root to mount."""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from breaking import HAS_PROC

pytestmark = [
    pytest.mark.slow,
    pytest.mark.faults,
    pytest.mark.skipif(not HAS_PROC, reason="looks for processes in /proc"),
]

FULL = pytest.mark.full
STAGES = ("fetch", "train", "frames", "video", "page")
MEGABYTES = 300


def mount(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(["mount", *arguments], capture_output=True, text=True, check=False)


@pytest.fixture
def disk(small, request) -> Iterator[Callable[[str], Path]]:
    """A function that mounts a file system of its own, 300 MB in memory, as a folder of the project."""
    mounted = []

    def make(name: str) -> Path:
        folder = small.project / name
        folder.mkdir()
        done = mount("-t", "tmpfs", "-o", f"size={MEGABYTES}m", "tmpfs", str(folder))
        if done.returncode:
            message = f"a file system can only be mounted by root: {done.stderr.strip()}"
            if os.environ.get("CI"):
                pytest.fail(message)
            pytest.skip(message)
        mounted.append(folder)
        return folder

    yield make
    for folder in mounted:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder: Path, but: int) -> Path:
    """Take all room of a file system but for so many bytes; the file that does it."""
    filler = folder / "filler"
    with filler.open("wb") as file:
        state = os.statvfs(folder)
        os.posix_fallocate(file.fileno(), 0, state.f_bavail * state.f_frsize - but)
    return filler


@pytest.mark.parametrize(
    ("stage", "left"),
    [
        pytest.param(stage, left, marks=[] if (stage, left) == ("train", 0) else FULL)
        for stage in STAGES
        for left in (0, 64 * 1024)
    ],
)
def test_the_disk_becomes_full(small, disk, stage, left):
    results = disk(f"full-{stage}-{left}")
    started = small.start(results.name)
    started.reaches(stage)
    filler = fill(results, left)
    assert started.ends() != 0
    small.refuses_clearly(started.said, "No space left on device")
    filler.unlink()
    small.goes_on(results.name)


@pytest.mark.parametrize("left", [pytest.param(left, marks=FULL) for left in (0, 64 * 1024)])
def test_the_disk_is_full_and_stays_so(small, disk, left):
    """The same message when the command is given again without having made room."""
    results = disk(f"stays-full-{left}")
    filler = fill(results, left)
    for _ in range(2):
        refused = small.run(results.name)
        assert refused.returncode != 0
        small.refuses_clearly(refused.stdout, "No space left on device")
    filler.unlink()
    small.goes_on(results.name)


def test_the_folder_is_read_only(small, disk):
    results = disk("read-only")
    assert mount("-o", "remount,ro", str(results)).returncode == 0
    refused = small.run(results.name)
    assert refused.returncode != 0
    small.refuses_clearly(refused.stdout, "results: found read-only, but", "cannot be written to")
    assert list(results.iterdir()) == []
    assert mount("-o", "remount,rw", str(results)).returncode == 0
    small.goes_on(results.name)


@pytest.mark.parametrize("stage", [pytest.param(stage, marks=FULL) for stage in STAGES])
def test_the_folder_becomes_read_only(small, disk, stage):
    """As a file system does after an error of its disk."""
    results = disk(f"read-only-{stage}")
    started = small.start(results.name)
    started.reaches(stage)
    os.kill(started.process.pid, 0)
    while mount("-o", "remount,ro", str(results)).returncode:  # busy while something is open for writing
        assert started.process.poll() is None, started.said
    assert started.ends() != 0
    print(started.said)
    assert mount("-o", "remount,rw", str(results)).returncode == 0
    small.goes_on(results.name)
