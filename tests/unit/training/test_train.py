"""Short trainings on real images: layers, updates and frames; test_independent.py computes every column again."""

import numpy as np
import pandas as pd
import pytest

from dying_relu.engines.numba_engine import NumbaEngine
from dying_relu.engines.torch_engine import TorchEngine
from dying_relu.measurements.frame_schedule import FrameSchedule
from dying_relu.model.initialization import initial_parameters
from helpers import make_run
from helpers import train_anew as train

engines = pytest.mark.parametrize("engine", [TorchEngine, NumbaEngine])
RUN = {"train_images": 300, "hidden": [16], "batch_size": 40}


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


@engines
def test_update_is_the_change_of_the_weights_since_the_last_frame(images, engine, outputs):
    run = make_run(epochs=2, **RUN)
    before = initial_parameters(run, 784)["layers.0.linear.weight"]
    engines = []

    class Watched(engine):
        def __init__(self, *arguments):
            super().__init__(*arguments)
            engines.append(self)

    train(run, images, Watched, outputs, dw="update", schedule=FrameSchedule(2, "epoch"))
    change = engines[0].state_dict()["layers.0.linear.weight"] - before
    units = pd.read_csv(outputs.units)
    last = units[units["epoch"] == 2]
    assert last["dw_min"].to_numpy() == pytest.approx(change.min(1), rel=1e-6)
    assert last["dw_max"].to_numpy() == pytest.approx(change.max(1), rel=1e-6)


@engines
def test_frames_at_steps_do_not_change_the_training(images, engine, outputs):
    train(make_run(epochs=2, **RUN), images, engine, outputs)
    tables = [path.read_bytes() for path in (outputs.metrics, outputs.units, outputs.batches)]
    train(make_run(epochs=2, **RUN), images, engine, outputs, schedule=FrameSchedule(3, "step"))
    assert [path.read_bytes() for path in (outputs.metrics, outputs.units, outputs.batches)] == tables
    with np.load(outputs.dw) as frames:
        assert [int(name.rpartition("-")[2]) for name in frames.files] == [3, 6, 9, 12, 15]
