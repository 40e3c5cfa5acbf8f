"""Deaths by step, against a plain PyTorch loop with hooks, and the tables that tell of them."""

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from dying_relu.data.images import Images, load_images
from dying_relu.engines.numba_engine import NumbaEngine
from dying_relu.engines.torch_engine import TorchEngine
from dying_relu.measurements.frame_schedule import FrameSchedule, split
from dying_relu.model.initialization import initial_parameters
from dying_relu.model.seeding import image_order, mini_batches
from dying_relu.training.deaths import Deaths
from helpers import make_run
from helpers import train_anew as train

engines = pytest.mark.parametrize("engine", [TorchEngine, NumbaEngine])
STEPS = (1, 3, 10, 30)
DEADLY = {"train_images": 3000, "epochs": 1, "learning_rate": 0.03, "hidden": [128], "batch_size": 100}


@pytest.fixture(scope="module")
def many(mnist) -> Images:
    every = load_images(mnist, 3000)
    return Images(every.train, every.train_labels, every.test[:500], every.test_labels[:500])


def dead_by_hooks(run, images: Images) -> dict[int, int]:
    """The dead units after each of STEPS, of a network of PyTorch's modules that a plain loop trains."""
    initial = {name: torch.from_numpy(array) for name, array in initial_parameters(run, 784).items()}
    norm = [nn.BatchNorm1d(128)] if run.batch_norm else []
    network = nn.Sequential(nn.Linear(784, 128, bias=not run.batch_norm), *norm, nn.ReLU(), nn.Linear(128, 10))
    with torch.no_grad():
        network[0].weight.copy_(initial["layers.0.linear.weight"])
        network[-1].weight.copy_(initial["output.weight"])
        network[-1].bias.zero_()
        if not run.batch_norm:
            network[0].bias.zero_()
    highest = []
    network[-2].register_forward_hook(lambda _module, _inputs, output: highest.append(output.detach().amax(0)))
    optimizer = torch.optim.Adam(network.parameters(), lr=run.learning_rate)
    x, labels = torch.from_numpy(images.train).float() / 255, torch.from_numpy(images.train_labels)
    found = {}
    for step, batch in enumerate(mini_batches(image_order(run.seed, 1, 3000), 100), 1):
        network.train()
        optimizer.zero_grad()
        nn.functional.cross_entropy(network(x[batch]), labels[batch]).backward()
        optimizer.step()
        if step in STEPS:
            network.eval()
            if norm:  # the statistics of the training images, in place of the running ones
                kept = {name: buffer.clone() for name, buffer in norm[0].named_buffers()}
                with torch.no_grad():
                    chunks = network[0](x).split(1000)
                    norm[0].running_mean[:] = torch.stack([chunk.mean(0) for chunk in chunks]).mean(0)
                    norm[0].running_var[:] = torch.stack([chunk.var(0) for chunk in chunks]).mean(0)
            highest.clear()
            with torch.no_grad():
                network(x)
            found[step] = int((highest[0] == 0).sum())
            if norm:
                norm[0].load_state_dict(dict(norm[0].named_parameters()) | kept)
    return found


@engines
@pytest.mark.parametrize("batch_norm", [True, False])
def test_deaths_by_step_are_those_of_a_plain_loop(many, outputs, engine, batch_norm):
    run = make_run(batch_norm=batch_norm, **DEADLY)
    train(run, many, engine, outputs, first_steps=STEPS)
    table = pd.read_csv(outputs.first_steps)
    assert list(table["step"]) == list(STEPS)
    assert set(table["units"]) == {128}
    expected = dead_by_hooks(run, many)
    # A unit within rounding of death may fall on either side.
    assert np.abs(table.set_index("step")["dead"] - pd.Series(expected)).max() <= 2
    assert (max(expected.values()) > 20) == (not batch_norm)  # or the comparison would say little


@engines
def test_looks_change_no_bit_of_the_training(many, outputs, engine):
    run = make_run(**DEADLY | {"train_images": 3000, "epochs": 2})
    found = []
    for steps in ((), (1, 7, 30, 31, 60), (60,)):
        train(run, many, engine, outputs, first_steps=steps)
        assert list(pd.read_csv(outputs.first_steps)["step"]) == list(steps)
        found.append([path.read_bytes() for path in (outputs.metrics, outputs.units, outputs.batches, outputs.dw)])
    assert found[0] == found[1] == found[2]


def test_deaths_and_units_agree_at_the_ends_of_epochs(many, outputs):
    run = make_run(batch_norm=False, **DEADLY | {"epochs": 3})
    train(run, many, NumbaEngine, outputs, first_steps=STEPS)
    deaths = pd.read_csv(outputs.deaths).set_index("unit")
    units = pd.read_csv(outputs.units)
    ever = units.groupby("unit")["dead"].max()
    assert set(ever.index[ever == 1]) <= set(deaths.index)
    after = {1: 30, 2: 60, 3: 90}
    for epoch, own in units.groupby("epoch"):
        alive_again = deaths["revived"].le(after[epoch])
        died = deaths["died"].le(after[epoch]) | deaths["born_dead"].notna()
        dead = set(own["unit"][own["dead"] == 1])
        assert set(deaths.index[died & ~alive_again]) <= dead
    assert set(deaths["died"].dropna()) <= {*STEPS, 30, 60, 90}


def test_a_table_of_deaths():
    deaths = Deaths(np.array([True, False, False, False, True]))
    deaths.see(1, np.array([True, True, False, False, False]))
    deaths.see(3, np.array([True, False, False, True, True]))
    other = Deaths(np.zeros(5, bool))
    other.restore({name: array.copy() for name, array in deaths.state().items()})
    other.see(10, np.array([True, True, False, True, True]))
    units = pd.DataFrame({"layer": [1, 1, 1, 2, 2], "unit": [0, 1, 2, 0, 1]})
    table = other.table(units)
    assert table.to_csv(index=False).split() == [
        "layer,unit,born_dead,died,revived",
        "1,0,0,,",
        "1,1,,1,3",
        "2,0,,3,",
        "2,1,0,3,1",
    ]


def test_segments_are_cut_at_further_steps():
    run = make_run(train_images=1000, batch_size=100, epochs=2)
    assert list(split(FrameSchedule().segments(run, 1), [1, 3, 10])) == [(1, None), (3, None), (10, "epoch-000001")]
    by_steps = FrameSchedule(4, "step").segments(run, 1)
    assert [end for end, _ in split(by_steps, [3, 4, 9])] == [3, 4, 8, 9, 10]
