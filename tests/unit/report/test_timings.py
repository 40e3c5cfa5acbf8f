"""Where the time went, from benchmark files that are written by hand."""

import json

import pytest

from dying_relu.configuration.config import load_config
from dying_relu.report.timings import timings

HEAD = "s\th:m:s\tmax_rss\n"


@pytest.fixture
def config():
    return load_config({"experiments": {"one": {"title": "One", "grids": [{"batch_size": [100, 200]}]}}})


def write(results, name: str, seconds: float, memory: str) -> None:
    path = results / "benchmarks" / f"{name}.tsv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{HEAD}{seconds}\t0:00:01\t{memory}\n")


def test_jobs_are_summed_by_stage(config, tmp_path):
    for seconds, run in zip((60, 40), config.runs, strict=True):
        write(tmp_path, f"train/{run}", seconds, "800.5")
        write(tmp_path, f"frames/{run}", 5, "-")  # Snakemake's word for a job that was too short to measure
    write(tmp_path, "experiment_figures/one", 6, "90")
    write(tmp_path, "summary/one", 4, "80")
    write(tmp_path, "train/of-another-configuration", 1000, "1")
    table = timings(config, tmp_path).set_index("stage")
    assert list(table.index) == ["train", "frames", "figures"]
    assert table["seconds"].tolist() == [100, 10, 10]
    assert table["share"].tolist() == pytest.approx([100 / 120, 10 / 120, 10 / 120])
    assert table["jobs"].tolist() == [2, 2, 2]
    assert table["longest"].tolist() == [60, 5, 6]
    assert table["memory"].isna().tolist() == [False, True, False]


def test_training_is_split_into_what_the_trainings_have_timed(config, tmp_path):
    (tmp_path / "logs" / "train").mkdir(parents=True)
    for seconds, run in zip((60, 40), config.runs, strict=True):
        write(tmp_path, f"train/{run}", seconds, "800")
        times = {"training": seconds - 10, "measuring": 4}
        (tmp_path / "logs" / "train" / f"{run}.times.json").write_text(json.dumps(times))
    table = timings(config, tmp_path)
    assert table["seconds"].tolist() == [12, 80, 8]
    assert table["stage"].str.startswith("train: ").all()


def test_runs_from_a_cache_took_no_time(config, tmp_path):
    """Snakemake leaves their logs empty, and writes no benchmark file."""
    (tmp_path / "logs" / "train").mkdir(parents=True)
    trained, cached = config.runs
    write(tmp_path, f"train/{trained}", 60, "800")
    (tmp_path / "logs" / "train" / f"{cached}.times.json").touch()
    assert timings(config, tmp_path)["seconds"].tolist() == [60]
    (tmp_path / "logs" / "train" / f"{trained}.times.json").write_text('{"training": 50, "measuring": 4}')
    assert timings(config, tmp_path)["seconds"].tolist() == [6, 50, 4]


def test_without_benchmark_files_there_is_nothing_to_say(config, tmp_path):
    assert timings(config, tmp_path).empty
