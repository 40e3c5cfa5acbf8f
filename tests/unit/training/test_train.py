"""Short trainings on real images: layers, updates and frames; test_independent.py computes every column again."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from dying_relu.engines.numba_engine import NumbaEngine
from dying_relu.engines.torch_engine import TorchEngine
from dying_relu.measurements.frame_schedule import FrameSchedule
from dying_relu.model.initialization import initial_parameters
from dying_relu.model.network import to_inputs
from dying_relu.model.saved import load_network
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
def test_dw_of_the_sum_is_that_of_the_mean_times_the_last_mini_batch(images, engine, outputs):
    """Which has 20 of the 300 images."""
    found = {}
    for dw in ("gradient", "gradient_of_sum"):
        train(make_run(**RUN), images, engine, outputs, dw=dw)
        found[dw] = pd.read_csv(outputs.units)[["dw_min", "dw_max"]].to_numpy()
    assert found["gradient_of_sum"] == pytest.approx(20 * found["gradient"], rel=1e-6)


@pytest.mark.parametrize(("shuffle", "same"), [("once", True), ("every_epoch", False)])
def test_mini_batches_of_an_order_that_is_drawn_once(images, outputs, shuffle, same):
    orders = []

    class Watched(NumbaEngine):
        def train(self, batches):
            orders.append(np.concatenate(batches))
            return super().train(batches)

    train(make_run(epochs=3, shuffle=shuffle, **RUN), images, Watched, outputs)
    assert all(sorted(order) == list(range(300)) for order in orders)
    assert [bool((order == orders[0]).all()) for order in orders] == [True, same, same]


@engines
def test_the_training_accuracy_after_the_last_epoch_is_that_of_the_kept_network(images, engine, outputs, tmp_path):
    outputs = replace(outputs, network=tmp_path / "network.safetensors")
    train(make_run(epochs=2, **RUN), images, engine, outputs)
    network = load_network(outputs.network)
    with torch.inference_mode():
        logits = network(to_inputs(torch.from_numpy(images.train[:300]), network.scaling))
    expected = (logits.argmax(1).numpy() == images.train_labels[:300]).mean()
    found = pd.read_csv(outputs.metrics)["train_accuracy_eval"]
    assert found.isna().tolist() == [True, False]
    assert found.iloc[1] == pytest.approx(expected)


@engines
def test_frames_at_steps_do_not_change_the_training(images, engine, outputs):
    train(make_run(epochs=2, **RUN), images, engine, outputs)
    tables = [path.read_bytes() for path in (outputs.metrics, outputs.units, outputs.batches)]
    train(make_run(epochs=2, **RUN), images, engine, outputs, schedule=FrameSchedule(3, "step"))
    assert [path.read_bytes() for path in (outputs.metrics, outputs.units, outputs.batches)] == tables
    with np.load(outputs.dw) as frames:
        assert [int(name.rpartition("-")[2]) for name in frames.files] == [3, 6, 9, 12, 15]
