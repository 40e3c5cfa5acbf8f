"""The plain engine's optimisers, against those of PyTorch run by hand, with clipped gradients and without."""

import numpy as np
import pytest
import torch

from dying_relu.data.images import Images, load_images
from dying_relu.engines.torch_engine import TorchEngine
from dying_relu.model.network import Network, to_inputs
from helpers import make_run

BATCHES = [np.arange(start, start + 20) for start in range(0, 100, 20)]


@pytest.fixture(scope="module")
def images(mnist) -> Images:
    every = load_images(mnist, 100)
    return Images(every.train, every.train_labels, every.test[:100], every.test_labels[:100])


def by_hand(run, images: Images, optimizer: type, **options) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """The network after BATCHES, and the last gradient of its hidden weights before it was clipped."""
    network = Network(run, 784).train()
    chosen = optimizer(network.parameters(), lr=run.learning_rate, **options)
    for batch in BATCHES:
        chosen.zero_grad()
        logits = network(to_inputs(torch.from_numpy(images.train[batch])))
        torch.nn.functional.cross_entropy(logits, torch.from_numpy(images.train_labels[batch])).backward()
        gradient = network.hidden.weight.grad.clone().numpy()
        if run.gradient_clip:
            norm = sum(parameter.grad.square().sum() for parameter in network.parameters()).sqrt()
            for parameter in network.parameters():
                parameter.grad *= min(1, run.gradient_clip / norm)
        chosen.step()
    return {name: tensor.detach().numpy() for name, tensor in network.state_dict().items()}, gradient


@pytest.mark.parametrize(
    ("parameters", "optimizer", "options"),
    [
        ({"weight_decay": 0.1, "learning_rate": 0.01}, torch.optim.AdamW, {"weight_decay": 0.1}),
        ({"optimizer": "sgd", "learning_rate": 0.1, "gradient_clip": 0.5}, torch.optim.SGD, {}),
        ({"gradient_clip": 0.5}, torch.optim.Adam, {}),
    ],
)
def test_steps_are_those_of_pytorch(images, parameters, optimizer, options):
    run = make_run(hidden=[16], batch_size=20, train_images=100, **parameters)
    engine = TorchEngine(run, images)
    engine.train(BATCHES)
    expected, gradient = by_hand(run, images, optimizer, **options)
    for name, array in engine.state_dict().items():
        assert array == pytest.approx(expected[name], rel=1e-4, abs=1e-6), name
    assert engine.gradient() == pytest.approx(gradient, rel=1e-3, abs=1e-6)
    if run.gradient_clip:  # or the test would say nothing
        unclipped = by_hand(run.model_copy(update={"gradient_clip": None}), images, optimizer)[0]
        assert np.abs(unclipped["layers.0.linear.weight"] - expected["layers.0.linear.weight"]).max() > 1e-4
