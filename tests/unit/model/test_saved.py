"""Networks that are kept: they come back as modules that say what the run has measured."""

import json

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors import safe_open

from dying_relu.data.images import Images, load_images
from dying_relu.engines.numba_engine import NumbaEngine
from dying_relu.engines.torch_engine import TorchEngine
from dying_relu.model.network import Network, to_inputs
from dying_relu.model.saved import load_network
from dying_relu.training.outputs import Outputs
from helpers import make_run, train_anew

RUN = {"epochs": 2, "train_images": 600, "batch_size": 40}
KINDS = [
    (NumbaEngine, {}),
    (NumbaEngine, {"hidden": [30, 20], "batch_norm": False, "input_scaling": "standardized"}),
    (TorchEngine, {"convolutions": [4], "hidden": [20], "batch_norm_position": "after_activation"}),
]


@pytest.fixture(scope="module")
def images(mnist) -> Images:
    return load_images(mnist, RUN["train_images"])


@pytest.mark.parametrize(("engine", "parameters"), KINDS)
def test_a_kept_network_has_the_accuracy_of_the_run(images, tmp_path, engine, parameters):
    run = make_run(**RUN | parameters)
    outputs = Outputs.within(tmp_path)
    kept = tmp_path / "network.safetensors"
    train_anew(run, images, engine, Outputs(**vars(outputs) | {"network": kept}))
    network = load_network(kept)
    assert not network.training
    with torch.inference_mode():
        classes = network(to_inputs(torch.from_numpy(images.test), network.scaling)).argmax(1).numpy()
    assert (classes == images.test_labels).mean() == pd.read_csv(outputs.metrics)["test_accuracy"].iloc[-1]
    with safe_open(kept, framework="numpy") as file:
        said = json.loads(file.metadata()["run"])
        assert set(file.keys()) == set(Network(run, 784).state_dict())
    assert said.pop("scaling")["std"] == network.scaling.std
    assert said == run.parameters()


def test_the_same_training_gives_the_same_bytes(images, tmp_path):
    for name in ("one", "other"):
        folder = tmp_path / name
        folder.mkdir()
        network = folder / "network.safetensors"
        train_anew(make_run(**RUN), images, NumbaEngine, Outputs(**vars(Outputs.within(folder)) | {"network": network}))
    one, other = (
        np.frombuffer((tmp_path / name / "network.safetensors").read_bytes(), np.uint8) for name in ("one", "other")
    )
    assert np.array_equal(one, other)
