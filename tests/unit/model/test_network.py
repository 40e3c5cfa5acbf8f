"""The network: what it computes, and the weights that it starts from."""

import numpy as np
import pytest
import torch

from dying_relu.model.network import Network
from helpers import make_run


def test_two_layers_by_hand():
    network = Network(make_run(hidden=[2, 2], batch_norm=False, activation="leaky_relu", negative_slope=0.5), 2)
    with torch.no_grad():
        network.layers[0].linear.weight.copy_(torch.tensor([[1.0, 1.0], [1.0, -2.0]]))
        network.layers[1].linear.weight.copy_(torch.tensor([[1.0, 2.0], [-1.0, 1.0]]))
        network.layers[1].linear.bias.copy_(torch.tensor([0.0, 0.25]))
        network.output.weight.zero_()
        network.output.weight[3] = torch.tensor([10.0, 100.0])
    logits = network(torch.tensor([[1.0, 0.0], [0.0, 1.0]]))
    # First layer: (1, 1) and (1, -2), after the activation (1, 1) and (1, -1).
    # Second layer: (3, 0.25) and (-1, -1.75), after the activation (3, 0.25) and (-0.5, -0.875).
    assert logits[:, 3].tolist() == [30 + 25, -5 - 87.5]


def test_runs_of_one_seed_start_from_the_same_weights():
    """Whatever differs otherwise, and whatever follows a layer."""
    one, other, third = (
        Network(make_run(**parameters), 784)
        for parameters in ({}, {"batch_norm": False, "activation": "leaky_relu", "negative_slope": 0.5}, {"seed": 1})
    )
    assert torch.equal(one.hidden.weight, other.hidden.weight)
    assert torch.equal(one.output.weight, other.output.weight)
    assert not torch.equal(one.hidden.weight, third.hidden.weight)
    assert torch.equal(one.hidden.weight, Network(make_run(hidden=[256, 64]), 784).hidden.weight)


def test_weights_are_he_normal_and_biases_constant():
    network = Network(make_run(hidden=[256, 64], batch_norm=False, bias=-0.25), 784)
    linear_maps = [*(layer.linear for layer in network.layers), network.output]
    assert [linear.weight.shape for linear in linear_maps] == [(256, 784), (64, 256), (10, 64)]
    for linear, rel in zip(linear_maps, (0.01, 0.02, 0.1), strict=True):
        assert linear.weight.std().item() == pytest.approx(np.sqrt(2 / linear.in_features), rel=rel)
        assert linear.bias.unique().tolist() == [-0.25]
    assert network.hidden.weight.mean().item() == pytest.approx(0, abs=0.001)
