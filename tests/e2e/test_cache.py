"""Folders that share Snakemake's cache: what one has trained, the others do not train."""

import shutil
from pathlib import Path

import pytest

from faults import SmallProject
from helpers import snakemake
from manifest import manifest

pytestmark = pytest.mark.slow


def with_cache(project: Path, small: SmallProject, cache: Path, *settings: str) -> list[str]:
    """Run the smallest configuration; the names of the runs that were trained, whose logs say something then."""
    shutil.copy(small.project / "config.yaml", project)
    arguments = [*small.arguments("results"), *settings, "--cache", "train"]
    done = snakemake(project, *arguments, SNAKEMAKE_OUTPUT_CACHE=str(cache))
    assert done.returncode == 0, done.stdout
    return [log.stem for log in (project / "results" / "logs" / "train").glob("*.log") if log.stat().st_size]


def test_another_folder_trains_only_what_nobody_has_trained(make_project, small, tmp_path):
    first, second, third = make_project(), make_project(), make_project()
    assert len(with_cache(first, small, tmp_path)) == 2
    assert len(with_cache(second, small, tmp_path)) == 0
    for folder in (first, second):
        assert manifest(folder / "results") == small.expected
    trained = with_cache(third, small, tmp_path, "seeds=2")
    assert len(trained) == 2
    assert all(run.endswith("-s20170524") for run in trained)
    assert (third / "results" / "report" / "index.html").exists()
