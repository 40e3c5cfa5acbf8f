"""What `make verify` says about two manifests, and which results it keeps."""

import subprocess

import pytest

from dying_relu.provenance.manifest import manifest
from measure import verify
from measure.pinned import MeasurementError

FOUR = {"x/dw.npz": "a", "y/dw.npz": "b", "units.csv.gz": "c", "report/media/style.css": "d"}
VERDICTS = {
    "equal": (FOUR, FOUR, "all 4 files are equal, byte for byte: 1 .css, 1 .csv.gz, 2 .npz", 0),
    "different": (
        {"same": "a", "other": "a", "only first": "a"},
        {"same": "a", "other": "b", "only second": "a"},
        "3 of 4 files differ:\n  only first\n  only second\n  other",
        1,
    ),
    "nothing": ({}, {}, "nothing was compared: there are no results", 1),
}


@pytest.mark.parametrize(("first", "second", "text", "code"), VERDICTS.values(), ids=VERDICTS)
def test_the_verdict_counts_equal_files_and_names_different_ones(first, second, text, code):
    assert verify.verdict(first, dict(second)) == (text, code)


@pytest.fixture
def results(tmp_path):
    (tmp_path / "runs").mkdir()
    (tmp_path / "claims.csv").write_text("claim\n")
    (tmp_path / "runs" / "of \N{GREEK SMALL LETTER BETA}.csv").write_text("run\n")
    return tmp_path


def test_sha256sum_reads_the_manifest(results, tmp_path_factory):
    path = tmp_path_factory.mktemp("manifests") / "first.sha256"
    verify.write_manifest(manifest(results), path)
    check = ["sha256sum", "--check", "--strict", str(path)]
    assert subprocess.run(check, cwd=results, check=False, capture_output=True).returncode == 0
    (results / "claims.csv").write_text("changed\n")
    done = subprocess.run(check, cwd=results, check=False, capture_output=True, text=True)
    assert done.returncode == 1
    assert "claims.csv: FAILED" in done.stdout


@pytest.mark.parametrize(("second", "code"), [("one", 0), ("another", 1)])
def test_results_are_kept_where_they_differ(monkeypatch, tmp_path, capsys, second, code):
    asked = []

    def run_workflow(results, raw, cores, environment):
        asked.append((cores, environment))
        results.mkdir(parents=True)
        (results / "claims.csv").write_text("one" if len(asked) == 1 else second)
        return manifest(results)

    monkeypatch.setattr(verify, "run_workflow", run_workflow)
    assert verify.run(tmp_path, tmp_path / "verify") == code
    (one_cores, one), (other_cores, other) = asked
    assert one_cores != other_cores
    assert {key for key in other if one.get(key) != other[key]} >= {"TZ", "LC_ALL", "PYTHONHASHSEED"}
    left = {path.name for path in (tmp_path / "verify").iterdir()}
    assert left == {"first.sha256", "second.sha256"} | ({"first", "the second"} if code else set())
    assert ("claims.csv" in capsys.readouterr().out) == bool(code)


def test_a_workflow_that_fails_is_no_agreement(monkeypatch, tmp_path):
    """Snakemake is given a folder without a workflow."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(MeasurementError, match=verify.QUICK):
        verify.run(tmp_path, tmp_path / "verify")
