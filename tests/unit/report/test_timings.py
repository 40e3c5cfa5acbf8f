"""Where the time went, from made-up files of times."""

import json

import pytest

from dying_relu.configuration.config import load_config
from dying_relu.report.timings import timings


def test_jobs_are_summed_by_stage(tmp_path):
    def write(name: str, text: str) -> None:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)

    config = load_config({"experiments": {"one": {"title": "One", "grids": [{"batch_size": [100, 200, 300]}]}}})
    *trained, cached = config.runs
    write(f"logs/train/{cached}.times.json", "")  # Snakemake leaves the log of a run from its cache empty
    assert timings(config, tmp_path).empty
    for seconds, run in zip((60, 40, 1000), [*trained, "of-another-configuration"], strict=True):
        times = {"starting": 1, "training": seconds, "measuring": 4, "max_rss": 10 * seconds}
        write(f"logs/train/{run}.times.json", json.dumps(times))
    jobs = {f"frames/{run}": (5, "-") for run in trained}  # -: too short to be measured
    jobs |= {"experiment_figures/one": (6, "90.5"), "comparison_figures/of-another-configuration": (1000, "1")}
    for job, (seconds, memory) in jobs.items():
        write(f"benchmarks/{job}.tsv", f"s\th:m:s\tmax_rss\n{seconds}\t0:00:01\t{memory}\n")
    table = timings(config, tmp_path).set_index("stage")
    training = [f"train: {part}" for part in ("start (imports, data)", "training", "measuring and writing")]
    assert list(table.index) == [*training, "frames", "figures"]
    assert table["seconds"].tolist() == [2, 100, 8, 10, 6]
    assert table["share"].tolist() == pytest.approx([2 / 126, 100 / 126, 8 / 126, 10 / 126, 6 / 126])
    assert table["jobs"].tolist() == [2, 2, 2, 2, 1]
    assert table["longest"].tolist() == [1, 60, 4, 5, 6]
    assert table["memory"].fillna(-1).tolist() == [600, 600, 600, -1, 90.5]
