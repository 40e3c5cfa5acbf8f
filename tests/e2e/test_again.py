"""What is done again, what is not, and that it gives the same bytes."""

import pytest

from dying_relu.provenance.manifest import manifest
from helpers import QUICK, planned, setting
from measure import verify

pytestmark = pytest.mark.slow

# What draws and reports, and what stands between it and the whole.
AFTER_FIGURES = {"experiment figures", "comparison figures", "accuracy", "provenance", "page", "all"}
AFTER_TRAINING = AFTER_FIGURES | {"train", "overview", "table", "claims", "frames", "video", "comparison"}


@pytest.fixture
def edit(project):
    """A function that adds a comment to a file of the project, until the test is over."""
    before = {}

    def change(name: str) -> None:
        before[project / name] = (project / name).read_bytes()
        (project / name).write_bytes(before[project / name] + b"\n# changed\n")

    yield change
    for path, content in before.items():
        path.write_bytes(content)


def quick(mnist) -> list[str]:
    return [*QUICK, *setting(data=f"{{dir: {mnist}}}")]


def test_a_second_run_has_nothing_to_do(project, mnist):
    assert planned(project, *quick(mnist)) == {}


@pytest.mark.parametrize(
    "module", ["measurements/evaluation", "measurements/dw", "engines/engine", "model/network", "configuration/run"]
)
def test_a_change_of_what_training_uses_trains_again(project, mnist, edit, module):
    edit(f"workflow/dying_relu/{module}.py")
    jobs = planned(project, *quick(mnist))
    assert set(jobs) == AFTER_TRAINING
    assert jobs["train"] == 11


def test_a_change_of_the_figures_trains_nothing(project, mnist, edit):
    edit("workflow/dying_relu/figures/style.py")
    assert set(planned(project, *quick(mnist))) == AFTER_FIGURES


def test_a_change_of_the_page_makes_the_page(project, mnist, edit):
    edit("workflow/report/page/index.html.jinja")
    assert set(planned(project, *quick(mnist))) == {"page", "all"}


def test_a_change_of_the_fetching_trains_nothing(project, mnist, edit):
    edit("workflow/dying_relu/data/download.py")
    assert planned(project, *quick(mnist)) == {}


def test_another_source_of_the_same_data_changes_nothing(project):
    assert planned(project, *QUICK) == {}


def test_other_epochs_are_other_runs(project, mnist):
    jobs = planned(project, *QUICK, *setting(data=f"{{dir: {mnist}}}", epochs=3))
    assert jobs["train"] == 11
    assert "fetch mnist" not in jobs


def test_other_circumstances_give_the_same_bytes(project, results, mnist, tmp_path, monkeypatch):
    """What `make verify` does for the second time."""
    monkeypatch.chdir(project)
    found = verify.run_workflow(tmp_path / "other results", mnist, 1, verify.ELSEWHERE)
    expected = manifest(results)
    assert len(expected) > 11 * 7
    assert verify.verdict(expected, found)[1] == 0, verify.verdict(expected, found)[0]
