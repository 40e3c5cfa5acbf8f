"""A short training on real images: that the tables say what the definitions say."""

import numpy as np
import pandas as pd
import pytest
import torch

from dying_relu.engines.engine import Engine
from dying_relu.engines.numba_engine import NumbaEngine
from dying_relu.engines.torch_engine import TorchEngine
from dying_relu.measurements.frame_schedule import FrameSchedule
from dying_relu.model.network import Network
from dying_relu.training.train import DivergenceError
from helpers import make_run
from helpers import train_anew as train


@pytest.fixture(params=[TorchEngine, NumbaEngine])
def engine(request) -> type[Engine]:
    return request.param


RUN = {"train_images": 300, "hidden": [16], "batch_size": 40}


def test_tables_agree_with_each_other(images, engine, outputs):
    train(make_run(epochs=3, **RUN), images, engine, outputs)
    metrics, units, batches = (pd.read_csv(path) for path in (outputs.metrics, outputs.units, outputs.batches))

    assert list(metrics["epoch"]) == [1, 2, 3]
    assert list(batches.groupby("epoch")["batch"].max()) == [8, 8, 8]
    assert list(units.groupby("epoch")["unit"].agg(["min", "max"]).to_numpy().ravel()) == [0, 15] * 3

    sizes = np.tile([40] * 7 + [20], 3)  # 300 = 7 x 40 + 20
    right = batches["accuracy"] * sizes
    assert right.to_numpy() == pytest.approx(right.round().to_numpy())
    by_epoch = lambda values: pd.Series(values).groupby(batches["epoch"]).sum().to_numpy()  # noqa: E731
    assert metrics["train_accuracy"].to_numpy() == pytest.approx(by_epoch(right) / 300)
    assert metrics["train_loss"].to_numpy() == pytest.approx(by_epoch(batches["loss"] * sizes) / 300)
    assert metrics["perfect_batches"].to_numpy() == pytest.approx(by_epoch(batches["accuracy"] == 1) / 8)

    span = units["dw_max"] - units["dw_min"]
    assert units["background"].to_numpy() == pytest.approx((-255 * units["dw_min"] / (span + 0.0001)).to_numpy())
    dark = (255 * span / (span + 0.0001) < 25.5).groupby(units["epoch"]).sum()
    assert list(metrics["dark_units"]) == list(dark)
    for column in ("dead", "inactive", "dark"):
        assert units[column].isin([0, 1]).all()
        assert list(units.groupby("epoch")[column].sum()) == list(metrics[f"{column}_units"])
    assert units["layer"].unique().tolist() == [1]
    assert units["active_fraction"].between(0, 1).all()
    assert (units["active_fraction"] * 200 % 1).round(6).isin([0, 1]).all()


def test_frames_hold_the_dw_of_their_epoch(images, engine, outputs):
    train(make_run(epochs=3, **RUN), images, engine, outputs)
    units = pd.read_csv(outputs.units)
    with np.load(outputs.dw) as frames:
        assert frames.files == ["epoch-000001", "epoch-000002", "epoch-000003"]
        for epoch, name in enumerate(frames.files, 1):
            rows = units[units["epoch"] == epoch]
            # The top left pixel is never lit, so its gradient is exactly 0.
            assert frames[name][:, 0] == pytest.approx(rows["background"].to_numpy(), abs=0.51)
            span = rows["dw_max"] - rows["dw_min"]
            assert frames[name].max(1) == pytest.approx((255 * span / (span + 0.0001)).to_numpy(), abs=0.51)


def test_every_layer_is_in_tables_and_frames(images, outputs):
    run = make_run(epochs=2, batch_norm=False, **RUN | {"hidden": [16, 12, 9]})
    train(run, images, TorchEngine, outputs, dw="update")
    metrics, units = pd.read_csv(outputs.metrics), pd.read_csv(outputs.units)
    for _, rows in units.groupby("epoch"):
        assert rows["layer"].tolist() == [1] * 16 + [2] * 12 + [3] * 9
        assert rows["unit"].tolist() == [*range(16), *range(12), *range(9)]
    for column in ("dead", "inactive", "dark"):
        assert list(units.groupby("epoch")[column].sum()) == list(metrics[f"{column}_units"])
    with np.load(outputs.dw) as frames:
        assert [(name, frames[name].shape) for name in frames.files] == [
            (f"epoch-00000{epoch}{layer}", shape)
            for epoch in (1, 2)
            for layer, shape in [("", (16, 784)), ("-layer-2", (12, 16)), ("-layer-3", (9, 12))]
        ]
        brightest = np.concatenate([frames[f"epoch-000002{layer}"].max(1) for layer in ("", "-layer-2", "-layer-3")])
    last = units[units["epoch"] == 2]
    span = last["dw_max"] - last["dw_min"]
    assert brightest == pytest.approx((255 * span / (span + 0.0001)).to_numpy(), abs=0.51)


def test_update_is_the_change_of_the_weights_since_the_last_frame(images, engine, outputs):
    run = make_run(epochs=2, **RUN)
    before = Network(run, 784).hidden.weight.detach().numpy()
    engines = []

    class Watched(engine):
        def __init__(self, *arguments):
            super().__init__(*arguments)
            engines.append(self)

    train(run, images, Watched, outputs, dw="update", schedule=FrameSchedule(2, "epoch"))
    change = engines[0].network.hidden.weight.detach().numpy() - before
    units = pd.read_csv(outputs.units)
    last = units[units["epoch"] == 2]
    assert last["dw_min"].to_numpy() == pytest.approx(change.min(1), rel=1e-6)
    assert last["dw_max"].to_numpy() == pytest.approx(change.max(1), rel=1e-6)


def test_frames_at_steps_do_not_change_the_training(images, engine, outputs):
    train(make_run(epochs=2, **RUN), images, engine, outputs)
    tables = [path.read_bytes() for path in (outputs.metrics, outputs.units, outputs.batches)]
    train(make_run(epochs=2, **RUN), images, engine, outputs, schedule=FrameSchedule(3, "step"))
    assert [path.read_bytes() for path in (outputs.metrics, outputs.units, outputs.batches)] == tables
    with np.load(outputs.dw) as frames:
        assert [int(name.rpartition("-")[2]) for name in frames.files] == [3, 6, 9, 12, 15]


def test_silent_units_are_those_of_all_training_images(images, engine, outputs):
    # Biases far below zero silence every unit from the start, and gradients that are zero keep them there.
    train(make_run(batch_norm=False, bias=-50.0, **RUN), images, engine, outputs)
    metrics = pd.read_csv(outputs.metrics)
    columns = ["dead_units", "inactive_units", "dark_units"]
    assert metrics[columns].to_numpy().tolist() == [[16, 16, 16]]
    units = pd.read_csv(outputs.units)
    assert units["active_fraction"].tolist() == [0.0] * 16
    assert units[["dead", "inactive", "dark"]].to_numpy().tolist() == [[1, 1, 1]] * 16


def test_a_diverging_run_stops_and_says_where(images, engine, outputs):
    class Broken(engine):
        def train(self, batches):
            self.network.output.weight.data[3, 5] = torch.nan if self.batches > 6 else 0
            self.batches += len(batches)
            return super().train(batches)

        batches = 0

    run = make_run(epochs=2, **RUN)
    with pytest.raises(DivergenceError, match=rf"{run.name} diverged: the loss is nan in epoch 1, mini-batch 8"):
        train(run, images, Broken, outputs, schedule=FrameSchedule(1, "step"))
