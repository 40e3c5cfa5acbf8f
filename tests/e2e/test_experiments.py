"""Experiments by configuration alone: the shipped ones, one that no code names, and all parameters."""

import json

import numpy as np
import pandas as pd
import pytest
import yaml

from helpers import QUICK, ROOT, planned, setting, snakemake

SHIPPED = sorted((ROOT / "workflow" / "experiments").glob("*.yaml"))

# All that a user writes for an experiment of his own.
FIVE_LINES = """
experiments:
  momentum:
    title: Momentum
    figure: {kind: final, x: momentum}
    grids: [{optimizer: sgd, learning_rate: 0.05, momentum: [0, 0.5, 0.9], batch_norm: [true, false]}]
"""


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_each_shipped_experiment_is_accepted_and_has_a_results_folder_of_its_own(make_project, file):
    settings = yaml.safe_load(file.read_text())
    assert settings["results"] == f"results/{file.stem}"
    jobs = planned(make_project(), "--configfile", f"workflow/experiments/{file.name}")
    assert jobs["train"] >= 11
    assert jobs["page"] == 1


# Everything that the article has not varied.
BEYOND = """
experiments:
  beyond:
    title: Everything <else>
    text: Is it "all" <b>shown</b>?
    figure: {kind: map, x: activation, y: initialization, values: [dead, born_dead]}
    grids:
      - activation: [elu, gelu]
        initialization: [xavier_normal, torch_default]
        optimizer: sgd
        learning_rate: 0.01
        input_scaling: standardized
        batch_norm_position: after_activation
      - {activation: elu, optimizer: sgd, learning_rate: 100}
  layers:
    title: Two hidden layers
    grids: [{hidden: [64, 32]}]
only: [momentum, beyond, layers]
draw_runs: false
on_divergence: keep
"""


@pytest.fixture(scope="module")
def done(make_project, mnist):
    """The results of these experiments."""
    project = make_project()
    (project / "mine.yaml").write_text(FIVE_LINES)
    (project / "more.yaml").write_text(BEYOND)
    settings = setting(epochs=1, data=f"{{dir: {mnist}}}")
    run = snakemake(project, "--cores", "2", *QUICK, "mine.yaml", "more.yaml", *settings)
    assert run.returncode == 0, run.stdout
    return project / "results" / "quick"


def test_a_new_experiment_in_five_lines_gets_its_figure(done):
    assert len(FIVE_LINES.strip().splitlines()) == 5
    outcomes = pd.read_csv(done / "outcomes" / "momentum.csv")
    runs = pd.read_csv(done / "runs.csv").set_index("run").loc[outcomes["run"]]
    assert sorted(set(runs["momentum"])) == [0, 0.5, 0.9]
    for kind in ("png", "svg"):
        assert (done / "figures" / f"momentum.{kind}").stat().st_size > 5000
    picture = (done / "figures" / "momentum.svg").read_text()
    assert all(text in picture for text in ("Momentum", "units dead at the end", "no BN", "learning rate 0.05"))
    page = (done / "report" / "index.html").read_text()
    assert "<h2>Momentum</h2>" in page
    assert "assets/figures/momentum.svg" in page


def test_what_is_drawn_is_what_was_measured(done):
    outcomes = pd.read_csv(done / "outcomes" / "momentum.csv").set_index("run")
    for run, row in outcomes.iterrows():
        metrics = pd.read_csv(done / "runs" / run / "metrics.csv")
        units = pd.read_csv(done / "runs" / run / "units.csv.gz")
        assert row["test_accuracy"] == metrics["test_accuracy"].iloc[-1]
        assert row["dead"] == units["dead"].mean()


def test_what_the_fast_engine_does_not_cover_runs_by_the_plain_engine_and_says_so(done):
    found = {path.parent.name: json.loads(path.read_text())["engine"] for path in done.glob("runs/*/environment.json")}
    assert {run for run, engine in found.items() if engine == "TorchEngine"} == {run for run in found if "after" in run}
    assert sorted(set(found.values())) == ["NumbaEngine", "TorchEngine"]
    assert len(pd.read_csv(done / "outcomes" / "beyond.csv")) == 5
    assert (done / "figures" / "beyond.png").exists()


def test_nothing_is_drawn_of_single_runs_and_the_text_is_escaped(done):
    assert not list(done.glob("runs/*/accuracy.png"))
    assert not list(done.glob("runs/*/dw.mp4"))
    page = (done / "report" / "index.html").read_text()
    assert "Everything &lt;else&gt;" in page
    assert "&lt;b&gt;shown&lt;/b&gt;" in page
    assert 'id="player"' not in page


def test_of_two_hidden_layers_each_unit_has_its_row_and_its_picture(done):
    (folder,) = done.glob("runs/*hidden64x32*")
    metrics, units = pd.read_csv(folder / "metrics.csv"), pd.read_csv(folder / "units.csv.gz")
    assert list(units.groupby(["epoch", "layer"]).size()) == [64, 32]
    assert list(units.groupby("epoch")["dead"].sum()) == list(metrics["dead_units"])
    with np.load(folder / "dw.npz") as dw:
        assert {dw[name].shape for name in dw.files} >= {(64, 784), (32, 64)}
