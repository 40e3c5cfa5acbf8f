"""Two Snakemakes on one folder, and a clock that was set back."""

import os
import shutil
from pathlib import Path

import pytest

from faults import SmallProject, explains, needs_proc
from helpers import snakemake
from manifest import manifest

pytestmark = [pytest.mark.slow, pytest.mark.faults, needs_proc]

DAY = 24 * 3600 * 10**9  # nanoseconds


def test_a_second_snakemake_is_turned_away(small):
    first = small.start_at("train", "twice")
    second = small.run("twice")
    assert second.returncode != 0
    explains(second.stdout, "make sure that no other Snakemake process is trying to create the same files")
    assert first.wait() == 0, first.output
    small.is_complete("twice")


@pytest.mark.full
def test_two_clones_share_a_results_folder(small, make_project, tmp_path):
    """Each clone has a lock of its own, so nothing keeps them apart. One may fail; the results are right."""
    clone = SmallProject(make_project(), small.mnist, small.expected)
    shutil.copy(small.project / "config.yaml", clone.project / "config.yaml")
    results = tmp_path / "shared"
    for workflow in [place.start(results) for place in (small, clone)]:
        workflow.wait()
        print(workflow.output)
    small.resumes(results)
    clone.resumes(results)


def set_back_the_clock(*folders: Path, days: int = 1) -> None:
    """Move the time of all files into the future; -1 undoes it."""
    for path in (path for folder in folders for path in [folder, *folder.rglob("*")]):
        stat = path.stat()
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns + days * DAY))


def test_the_clock_is_set_back_after_the_training(small):
    """Figures would be older than their tables: Snakemake says so, and asks for the right time."""
    results = "set-back"
    folder = small.project / results
    assert snakemake(small.project, "--until", "train", *small.arguments(results)).returncode == 0
    before = manifest(folder)
    set_back_the_clock(folder)
    trained = small.trained(results)
    refused = small.run(results)
    assert refused.returncode != 0
    assert "This could indicate a clock skew problem" in " ".join(refused.stdout.split())
    assert small.trained(results) == trained
    assert before.items() <= manifest(folder).items()
    set_back_the_clock(folder, days=-1)
    small.resumes(results)


@pytest.mark.full
def test_the_clock_is_set_back_after_everything(small):
    results = "set-back-after"
    assert small.run(results).returncode == 0
    set_back_the_clock(small.project / results)
    assert "Nothing to be done" in small.resumes(results)
    set_back_the_clock(small.project / "workflow")
    try:
        assert "Nothing to be done" in small.resumes(results)
    finally:  # other tests use the same copy
        set_back_the_clock(small.project / "workflow", days=-1)
