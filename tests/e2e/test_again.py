"""What is done again, what is not, and that it gives the same bytes."""

import shutil

import pytest

from helpers import QUICK, planned, setting, snakemake
from manifest import manifest

pytestmark = pytest.mark.slow

# What draws and reports, and what stands between it and the whole.
AFTER_FIGURES = {"experiment figures", "comparison figures", "accuracy", "provenance", "page", "all"}
AFTER_TRAINING = AFTER_FIGURES | {"train", "overview", "table", "claims", "frames", "video", "comparison"}

# These can change the order of things, how a number or a date is written, or the order in which sums are added up.
ELSEWHERE = {
    **{"TZ": "Asia/Kathmandu", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONHASHSEED": "7"},
    **{"OMP_NUM_THREADS": "2", "MKL_NUM_THREADS": "2", "NUMBA_NUM_THREADS": "1"},
}


def quick(mnist) -> list[str]:
    return [*QUICK, *setting(data=f"{{dir: {mnist}}}")]


def test_a_second_run_has_nothing_to_do_whatever_the_dates_of_scripts(project, mnist):
    for script in (project / "workflow" / "scripts").iterdir():
        script.touch()
    assert planned(project, *quick(mnist)) == {}


@pytest.mark.parametrize(
    ("file", "jobs"),
    {
        "workflow/dying_relu/model/initialization.py": {"compile", *AFTER_TRAINING},
        "workflow/dying_relu/figures/style.py": AFTER_FIGURES,
        "workflow/scripts/table.py": {"table", "all"},
        "workflow/report/page/index.html.jinja": {"page", "all"},
        "workflow/dying_relu/data/download.py": set(),
    }.items(),
)
def test_a_change_does_again_what_depends_on_it_and_nothing_else(project, mnist, file, jobs):
    before = (project / file).read_bytes()
    try:
        (project / file).write_bytes(before + b"\n# changed\n")
        assert set(planned(project, *quick(mnist))) == jobs
    finally:
        (project / file).write_bytes(before)


def test_results_move_to_another_clone(project, mnist, make_project):
    """As the README says; all files of the project are newer there."""
    other = make_project()
    for folder in ("results/quick", ".snakemake/metadata"):
        shutil.copytree(project / folder, other / folder)
    assert planned(other, *quick(mnist)) == {}


def test_a_link_to_the_project_changes_nothing(project, mnist, tmp_path):
    (tmp_path / "link").symlink_to(project)
    place = ["--snakefile", str(tmp_path / "link" / "Snakefile"), "--directory", str(tmp_path / "link")]
    assert planned(tmp_path / "link", *place, *quick(mnist)) == {}


def test_another_source_of_the_same_data_changes_nothing(project):
    assert planned(project, *QUICK) == {}


def test_other_epochs_are_other_runs(project, mnist):
    jobs = planned(project, *quick(mnist), "epochs=3")
    assert jobs["train"] == 11
    assert "fetch mnist" not in jobs


def test_other_circumstances_give_the_same_bytes(project, results, mnist, tmp_path):
    """Another folder, with a space, and number of cores, too. `make verify` runs this test alone."""
    other = tmp_path / "other results"
    done = snakemake(project, "--cores", "1", *quick(mnist), f"results={other}", **ELSEWHERE)
    assert done.returncode == 0, done.stdout
    assert f"The report: {other}/report/index.html" in done.stdout
    expected = manifest(results)
    assert len(expected) > 11 * 7
    assert manifest(other) == expected
