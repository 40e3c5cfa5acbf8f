"""Which hidden units are dead, and which are inactive."""

from copy import deepcopy
from functools import partial

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.optim.swa_utils import update_bn

from dying_relu.measurements.evaluation import dims_but_units
from dying_relu.measurements.results import CHUNK, growing_chunks, mini_batch_sizes
from dying_relu.model.network import Layer, Network, to_inputs


def with_training_statistics(network: Network, pixels: Tensor, rows: int) -> Network:
    """Return a copy of `network` whose BN has the statistics of the training images `pixels` (uint8 `[n, inputs]`).

    They are means over chunks of `rows` images, as `torch.optim.swa_utils.update_bn` takes them.
    """
    copy = deepcopy(network)
    chunks = pixels.split(mini_batch_sizes(len(pixels), rows))
    update_bn((to_inputs(chunk, copy.scaling) for chunk in chunks), copy)
    return copy


@torch.inference_mode()
def dead_and_inactive_units(network: Network, pixels: Tensor, rows: int = CHUNK) -> tuple[Tensor, Tensor]:
    """Return which units are dead and which are inactive on `pixels` (uint8 `[n, inputs]`), in chunks of `rows`.

    Dead: the unit's output is exactly 0 for every image. Inactive: its pre-activation is above 0 for no image. For a
    channel, that is at every position of every image. BN uses its running statistics.
    Returns two bool `[units]`, layer after layer.
    """
    network.eval()
    dead = [torch.ones(layer.units, dtype=torch.bool) for layer in network.layers]
    inactive = [units.clone() for units in dead]
    # A unit is computed until it has been neither, or where a deeper layer needs its output.
    for chunk in growing_chunks(len(pixels), rows):
        candidates = [(d | i).nonzero().squeeze(1) for d, i in zip(dead, inactive, strict=True)]
        deepest = max((index for index, units in enumerate(candidates) if len(units)), default=-1)
        if deepest < 0:
            break
        output = to_inputs(pixels[chunk], network.scaling)
        for index, layer in enumerate(network.layers[: deepest + 1]):
            units = candidates[index] if index == deepest else slice(None)
            pre_activation, output = _forward_units(layer, output, units)
            dims = dims_but_units(pre_activation)
            dead[index][units] &= (network.activation(pre_activation) == 0).all(dims)
            inactive[index][units] &= ~(pre_activation > 0).any(dims)
    return torch.cat(dead), torch.cat(inactive)


def _forward_units(layer: Layer, inputs: Tensor, units: Tensor | slice) -> tuple[Tensor, Tensor]:
    """Return pre-activation and output of some units of a layer, without computing the others."""

    def apply(module: nn.Module, values: Tensor) -> Tensor:
        # All tensors but BN's number of mini-batches, which has no dimension, have a row per unit.
        chosen = {name: tensor[units] for name, tensor in module.state_dict().items() if tensor.ndim}
        return functional_call(module, chosen, values)

    return layer.normalize_and_activate(apply(layer.linear, inputs), partial(apply, layer.norm))
