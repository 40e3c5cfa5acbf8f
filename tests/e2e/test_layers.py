"""A run with two hidden layers, from the configuration to its video."""

import json

import imageio_ffmpeg
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from helpers import QUICK, setting, snakemake

pytestmark = pytest.mark.slow

RUN = "results/runs/bn-relu-b100-train_images2000-hidden64x32-epochs2-s20170523"


def test_two_hidden_layers(make_project, mnist):
    project = make_project()
    settings = setting(data=f"{{dir: {mnist}}}", run="{hidden: [64, 32]}", frames="{keep: true}")
    files = [f"{RUN}/dw.mp4", f"{RUN}/accuracy.png"]
    done = snakemake(project, "--cores", "2", *QUICK, *settings, "--", *files)
    assert done.returncode == 0, done.stdout

    folder = project / RUN
    metrics, units = pd.read_csv(folder / "metrics.csv"), pd.read_csv(folder / "units.csv.gz")
    assert metrics["test_accuracy"].iloc[-1] > 0.75
    assert list(units.groupby(["epoch", "layer"]).size()) == [64, 32, 64, 32]
    assert list(units.groupby("epoch")["dead"].sum()) == list(metrics["dead_units"])
    assert json.loads((folder / "environment.json").read_text())["engine"] == "NumbaEngine"
    with Image.open(folder / "frames" / "epoch-000002.png") as picture:
        # 8 x 8 squares of 28 x 28, and below them 6 x 6 squares of 8 x 8.
        assert picture.size == (8 * 29 + 1, 8 * 29 + 1 + 6 * 9 + 1)
        assert len(np.unique(np.asarray(picture)[8 * 29 + 1 :])) > 100
    assert imageio_ffmpeg.count_frames_and_secs(str(folder / "dw.mp4"))[0] == 2


def test_the_fast_engine_refuses_what_it_does_not_support_before_any_job(make_project):
    said = snakemake(make_project(), "--cores", "1", *QUICK, *setting(engine="numba", run="{optimizer: sgd}"))
    assert said.returncode != 0
    found = "grids[0].optimizer: found sgd, allowed: adam, since engine is numba"
    assert f"experiments.batch_size.{found}" in said.stdout.replace("\n", " ")
    assert "Traceback" not in said.stdout
