"""Whatever is missing is made again by the same command: a file that was deleted, or what a failed redo removed."""

import shutil
from pathlib import Path

import pytest

from faults import UNDISTURBED, SmallProject
from helpers import ROOT
from manifest import manifest

pytestmark = [pytest.mark.slow, pytest.mark.faults]

NOT_RESULTS = ("logs/*", "benchmarks/*", "data/*")
SCRIPTS = {path.stem for path in ROOT.glob("workflow/scripts/*.py")} - {"fetch"}  # the data are there
CI_SAMPLE = {"train", "comparison_figures"}
SWEEP = "experiments={one: {figure: {kind: final, x: batch_norm}}}"  # with which the two other scripts run


def outputs(results: Path) -> list[Path]:
    """Every file that a job has written."""
    skipped = [path for pattern in NOT_RESULTS for path in results.glob(pattern)]
    files = [path for path in results.rglob("*") if path.is_file() and not path.name.startswith(".snakemake")]
    return sorted(file for file in files if not any(file.is_relative_to(path) for path in skipped))


@pytest.mark.parametrize("share", [pytest.param(16, id="sample"), pytest.param(1, id="all", marks=pytest.mark.full)])
def test_a_deleted_result_is_made_again(small: SmallProject, share):
    results = small.project / f"deleted-{share}"
    shutil.copytree(small.project / UNDISTURBED, results)
    paths = outputs(results)
    # What an earlier configuration has drawn goes when the page is made again.
    for left in ("logs/experiment_figures/old.log", "figures/old.png", "figures/units/old.svg"):
        (results / left).touch()
    assert len(paths) > 40
    for path in paths[::share]:
        path.unlink()
        done = small.run(results.name)
        assert done.returncode == 0, done.stdout
        assert path.exists(), path
    small.is_complete(results.name)
    assert "Nothing to be done" in small.run(results.name).stdout


@pytest.mark.parametrize(
    "script",
    [pytest.param(script, marks=[] if script in CI_SAMPLE else pytest.mark.full) for script in sorted(SCRIPTS)],
)
def test_a_redo_that_fails_is_not_forgotten(small: SmallProject, script):
    """A rule is forced, and an edit makes it fail; without the edit, what the failed jobs removed is made again."""
    results = f"failed-{script}"
    shutil.copytree(small.project / UNDISTURBED, small.project / results)
    more = [*small.arguments(results)[2:], SWEEP] if script in ("outcomes", "sweep_figure") else []
    assert small.run(results, *more).returncode == 0
    expected = manifest(small.project / results)
    path = small.project / "workflow" / "scripts" / f"{script}.py"
    before = path.read_text()
    path.write_text(f"{before}\nraise RuntimeError\n")
    try:
        assert small.run(results, *more, "--forcerun", script).returncode != 0
    finally:
        path.write_text(before)
    done = small.run(results, *more)
    assert done.returncode == 0, done.stdout
    assert manifest(small.project / results) == expected
