"""Two Snakemakes on one folder, and a clock that was set back."""

import os
import shutil
from pathlib import Path

import pytest

from breaking import HAS_PROC, Small
from dying_relu.provenance.manifest import manifest
from helpers import snakemake

pytestmark = [
    pytest.mark.slow,
    pytest.mark.faults,
    pytest.mark.skipif(not HAS_PROC, reason="looks for processes in /proc"),
]

DAY = 24 * 3600


def test_a_second_snakemake_is_turned_away(small):
    results = "twice"
    first = small.start_at("train", results)
    second = small.run(results)
    assert second.returncode != 0
    small.refuses_clearly(second.stdout, "make sure that no other Snakemake process is trying to create the same files")
    assert first.ends() == 0, first.said
    small.is_whole(results)


@pytest.mark.full
def test_two_clones_share_a_results_folder(small, make_project, tmp_path):
    """Each has a lock of its own, so that nothing keeps them apart. One may fail; nothing wrong comes out."""
    clone = Small(make_project(), small.mnist, small.expected)
    shutil.copy(small.project / "config.yaml", clone.project / "config.yaml")
    results = tmp_path / "shared"
    started = [place.start(results) for place in (small, clone)]
    for one in started:
        one.ends()
        print(one.said)
    small.goes_on(results)
    clone.goes_on(results)


def set_back_the_clock(*folders: Path, days: int = 1) -> None:
    """What is there was made tomorrow, then; -1 sets the clock right again."""
    for path in (path for folder in folders for path in [folder, *folder.rglob("*")]):
        stat = path.stat()
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns + days * DAY * 10**9))


def test_the_clock_is_set_back_after_the_training(small):
    """What is drawn would be older than what it is drawn from: Snakemake says so, and asks for the right time."""
    results = "set-back"
    assert snakemake(small.project, "--until", "train", *small.arguments(results)).returncode == 0
    before = manifest(small.project / results)
    set_back_the_clock(small.project / results)
    trained = small.trained(results)
    refused = small.run(results)
    assert refused.returncode != 0
    assert "This could indicate a clock skew problem" in " ".join(refused.stdout.split())
    assert small.trained(results) == trained
    after = manifest(small.project / results)
    assert {name: after.get(name) for name in before} == before
    set_back_the_clock(small.project / results, days=-1)
    small.goes_on(results)


@pytest.mark.full
def test_the_clock_is_set_back_after_everything(small):
    results = "set-back-after"
    assert small.run(results).returncode == 0
    set_back_the_clock(small.project / results)
    assert "Nothing to be done" in small.goes_on(results)
    set_back_the_clock(small.project / "workflow")
    try:
        assert "Nothing to be done" in small.goes_on(results)
    finally:  # other tests use the same copy
        set_back_the_clock(small.project / "workflow", days=-1)
