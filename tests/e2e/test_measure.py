"""The measurements for the documents: that peers do the work that they are timed for, and that tables come out."""

import numpy as np
import pandas as pd
import pytest

from dying_relu.data.images import load_images
from dying_relu.engines import numba_engine
from dying_relu.model.seeding import mini_batches
from helpers import ROOT, make_run
from measure import benchmark, parts


@pytest.fixture(autouse=True)
def _in_the_project(monkeypatch):
    monkeypatch.chdir(ROOT)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("task", "name"),
    [("adam", "pytorch-tutorial"), ("adam", "pytorch-eager"), ("adam", "pytorch-compile"), ("momentum", "jax-scan")],
)
def test_one_epoch_is_enough_to_learn(mnist, task, name):
    if name == "jax-scan" and not (ROOT / benchmark.JAX_PYTHON).exists():
        pytest.skip("JAX is not here; `make benchmark` installs it, and checks that it learns")
    assert benchmark.time_epochs(task, name, mnist, 100, 0)["accuracy"] > benchmark.LEARNT


@pytest.mark.slow
def test_a_quick_benchmark(mnist, tmp_path):
    benchmark.run(mnist, tmp_path, ["adam"], rounds=1, quick=True)
    table = pd.read_csv(tmp_path / "benchmark.csv").set_index(["task", "implementation", "batch_size"])
    ours, roofline = table.loc["adam", "dying-relu", 100], table.loc["adam", "roofline", 100]
    assert ours["ratio"] == 1
    assert table.loc[("adam", "dying-relu-torch", 100), "ratio"] > 0
    assert roofline["ratio"] > 0
    assert roofline[["gflops", "gb_per_second"]].min() > 1
    assert (tmp_path / "benchmark.png").stat().st_size > 0


@pytest.mark.slow
def test_a_short_job_is_a_whole_process(mnist):
    found = benchmark.time_epochs("short-job", "dying-relu", mnist, 100, epochs=1)
    assert found["seconds"] == [found["process_seconds"] / benchmark.JOB_EPOCHS]
    assert 100 < found["process_mb"] < 400  # PyTorch alone takes as much
    assert found["accuracy"] > benchmark.LEARNT


@pytest.mark.slow
def test_the_parts_of_an_epoch(mnist, tmp_path, monkeypatch):
    """Each takes some time, and an epoch trains as it does without laps."""
    monkeypatch.setattr(numba_engine, "train_batches", parts.with_laps(tmp_path))
    table = parts.measure(load_images(mnist, 60000), [500], epochs=1)[500]
    assert table.min() >= 0
    assert table.drop(["rest", "steps put off", "epoch"]).min() > 0
    assert table.drop("epoch").sum() == pytest.approx(table["epoch"])
    run = make_run(train_images=2000, batch_size=70)
    batches = mini_batches(np.arange(2000), 70)
    images = load_images(mnist, 2000)
    one = numba_engine.NumbaEngine(run, images)
    losses, _ = one.train(batches)
    monkeypatch.undo()
    other = numba_engine.NumbaEngine(run, images)
    assert np.array_equal(other.train(batches)[0], losses)


def test_who_learns_too_little_ends_it(monkeypatch, tmp_path):
    monkeypatch.setattr(benchmark, "time_epochs", lambda *_: {"seconds": [1.0], "accuracy": 0.5})
    with pytest.raises(SystemExit, match=r"dying-relu learns too little: sgd, test accuracy 0\.5"):
        benchmark.run(tmp_path, tmp_path, ["sgd"], rounds=1, quick=False)


@pytest.mark.parametrize(
    ("script", "before", "after"),
    [
        ("benchmark/dying_relu_engine.py", [], ["--standardized", "numba"]),
        ("measure/peers/dying_relu_engine.py", ["dying-relu"], ["--standardized"]),
    ],
)
def test_an_earlier_commit_is_called_as_it_expects(tmp_path, script, before, after):
    path = tmp_path / "workflow" / script
    path.parent.mkdir(parents=True)
    path.write_text("import json, sys\nprint(json.dumps({'seconds': [1], 'arguments': sys.argv[1:]}))\n")
    found = benchmark.time_epochs("dense", "dying-relu@abc", tmp_path, 50, 2, tmp_path)
    assert found["arguments"] == [*before, str(tmp_path), "50", "2", *after]
    assert benchmark.time_epochs("sgd", "dying-relu@abc", tmp_path, 50, 2, tmp_path) is None


def test_summary():
    rows = [
        ("sgd", "dying-relu", 10, 1.0, 300, None),
        ("sgd", "dying-relu", 10, 2.0, 310, None),
        ("sgd", "dying-relu", 10, 4.0, 320, None),
        ("sgd", "jax-scan", 10, 5.0, 900, None),
        ("elu", "dying-relu", 10, 4.0, 300, None),
        ("elu", "roofline", 10, 1.0, 500, 160.0),
    ]
    columns = ["task", "implementation", "batch_size", "seconds", "process_mb", "gflops"]
    table = benchmark.summarize(pd.DataFrame(rows, columns=columns))
    expected = [
        ("sgd", "dying-relu", 10, 2.0, 1.0, 4.0, 3, 1.0, 310, None),
        ("sgd", "jax-scan", 10, 5.0, 5.0, 5.0, 1, 2.5, 900, None),
        ("elu", "dying-relu", 10, 4.0, 4.0, 4.0, 1, 1.0, 300, None),
        ("elu", "roofline", 10, 1.0, 1.0, 1.0, 1, 0.25, 500, 160.0),
    ]
    names = ["epoch_seconds", "lowest", "highest", "epochs", "ratio", "process_mb", "gflops"]
    pd.testing.assert_frame_equal(table, pd.DataFrame(expected, columns=[*columns[:3], *names]), check_dtype=False)
