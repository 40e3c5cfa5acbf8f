"""What `make verify` says about two manifests."""

import subprocess

import pytest

from dying_relu.provenance.manifest import manifest
from measure import verify
from measure.pinned import MeasurementError


def test_equal_manifests_are_counted_by_kind():
    found = {"x/dw.npz": "a", "y/dw.npz": "b", "units.csv.gz": "c", "report/media/style.css": "d"}
    text, code = verify.verdict(found, dict(found))
    assert code == 0
    assert text == "all 4 files are equal, byte for byte: 1 .css, 1 .csv.gz, 2 .npz"


def test_every_file_that_differs_is_named():
    first = {"same": "a", "other": "a", "only first": "a"}
    text, code = verify.verdict(first, {"same": "a", "other": "b", "only second": "a"})
    assert code == 1
    assert text.splitlines() == ["3 of 4 files differ:", "  only first", "  only second", "  other"]


def test_nothing_is_not_equal_to_nothing():
    assert verify.verdict({}, {}) == ("nothing was compared: there are no results", 1)


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
