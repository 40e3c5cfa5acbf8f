"""Where the time went, from made-up files of times."""

import json

import pytest

from dying_relu.configuration.config import load_config
from dying_relu.report.timings import timings


@pytest.fixture
def config():
    return load_config({"experiments": {"one": {"title": "One", "grids": [{"batch_size": [100, 200]}]}}})


def write(results, name: str, seconds: float, memory: str) -> None:
    path = results / "benchmarks" / f"{name}.tsv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"s\th:m:s\tmax_rss\n{seconds}\t0:00:01\t{memory}\n")


def train(results, run: str, text: str) -> None:
    path = results / "logs" / "train" / f"{run}.times.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def times(starting: float, training: float, measuring: float, memory: float) -> str:
    return json.dumps({"starting": starting, "training": training, "measuring": measuring, "max_rss": memory})


def test_jobs_are_summed_by_stage(config, tmp_path):
    for seconds, run in zip((60, 40), config.runs, strict=True):
        train(tmp_path, run, times(1, seconds, 4, 10 * seconds))
        write(tmp_path, f"frames/{run}", 5, "-")  # Snakemake's word for a job that was too short to measure
    write(tmp_path, "experiment_figures/one", 6, "90.5")
    write(tmp_path, "comparison_figures/of-another-configuration", 1000, "1")
    train(tmp_path, "of-another-configuration", times(1000, 1000, 1000, 1))
    table = timings(config, tmp_path).set_index("stage")
    training = [f"train: {part}" for part in ("start (imports, data)", "training", "measuring and writing")]
    assert list(table.index) == [*training, "frames", "figures"]
    assert table["seconds"].tolist() == [2, 100, 8, 10, 6]
    assert table["share"].tolist() == pytest.approx([2 / 126, 100 / 126, 8 / 126, 10 / 126, 6 / 126])
    assert table["jobs"].tolist() == [2, 2, 2, 2, 1]
    assert table["longest"].tolist() == [1, 60, 4, 5, 6]
    assert table["memory"].fillna(-1).tolist() == [600, 600, 600, -1, 90.5]


def test_runs_from_a_cache_took_no_time(config, tmp_path):
    """Snakemake leaves their logs empty."""
    trained, cached = config.runs
    train(tmp_path, cached, "")
    assert timings(config, tmp_path).empty
    train(tmp_path, trained, times(6, 50, 4, 800))
    assert timings(config, tmp_path)["seconds"].tolist() == [6, 50, 4]


def test_without_any_times_there_is_nothing_to_say(config, tmp_path):
    assert timings(config, tmp_path).empty
