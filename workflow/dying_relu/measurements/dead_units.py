"""Which hidden units are dead, and which are inactive."""

from copy import deepcopy
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.optim.swa_utils import update_bn

from dying_relu.data.images import to_inputs
from dying_relu.measurements.evaluation import CHUNK, _at_once, _but_units, evaluate, mini_batch_sizes
from dying_relu.model.network import Layer, Network


@dataclass(frozen=True)
class InitialUnits:
    """The hidden units before the first step, one layer after the other: as `TestResult` and `dead_and_inactive_units`
    say.

    Running statistics do not exist yet; those of the training images take their place.
    """

    active_fraction: Tensor
    dead: Tensor
    inactive: Tensor


def at_initialization(network: Network, pixels: Tensor, test_pixels: Tensor) -> InitialUnits:
    """Look at a `network` that has not been trained, without changing it; both kinds of pixels uint8 `[n, inputs]`."""
    born = deepcopy(network)
    rows = _at_once(network)
    parts = pixels.split(mini_batch_sizes(len(pixels), rows))
    update_bn((to_inputs(part, born.scaling) for part in parts), born)
    labels = torch.zeros(len(test_pixels), dtype=torch.int64)  # not looked at
    tested = evaluate(born, to_inputs(test_pixels, born.scaling), labels, rows)
    return InitialUnits(tested.active_fraction, *dead_and_inactive_units(born, pixels))


@torch.inference_mode()
def dead_and_inactive_units(network: Network, pixels: Tensor) -> tuple[Tensor, Tensor]:
    """Which units are dead and which are inactive on `pixels` (uint8 `[n, inputs]`).

    Two bool `[units]`, one layer after the other. Dead: the output is exactly 0 for every image.
    Inactive: the pre-activation is above 0 for no image. Of a channel both mean every position. Both with running
    statistics. A unit that
    has shown itself to be neither is not looked at again, unless a deeper layer needs its output, so
    that only silent units cost a pass over all images.
    """
    network.eval()
    dead = [torch.ones(layer.units, dtype=torch.bool) for layer in network.layers]
    inactive = [units.clone() for units in dead]
    rows = _at_once(network)
    few = CHUNK // 8  # most units show themselves to these, and cost no more
    for part in (pixels[:few], *pixels[few:].split(rows)):
        silent = [(d | i).nonzero().squeeze(1) for d, i in zip(dead, inactive, strict=True)]
        deepest = max((index for index, units in enumerate(silent) if len(units)), default=-1)
        if deepest < 0:
            break
        output = to_inputs(part, network.scaling)
        for index, layer in enumerate(network.layers[: deepest + 1]):
            units = silent[index] if index == deepest else slice(None)
            pre_activation, output = _onward_of(layer, output, units)
            over = _but_units(pre_activation)
            dead[index][units] &= (network.activation(pre_activation) == 0).all(over)
            inactive[index][units] &= ~(pre_activation > 0).any(over)
    return torch.cat(dead), torch.cat(inactive)


def _onward_of(layer: Layer, inputs: Tensor, units: Tensor | slice) -> tuple[Tensor, Tensor]:
    """Pre-activation and output of some units of a layer, without computing the other units."""
    linear, norm = layer.linear_of(inputs, units), layer.norm
    if isinstance(norm, nn.Identity):
        return layer.normalize_and_activate(linear, norm)
    mean, variance = norm.running_mean[units], norm.running_var[units]
    weight, bias = norm.weight[units], norm.bias[units]
    return layer.normalize_and_activate(
        linear, lambda values: functional.batch_norm(values, mean, variance, weight, bias, eps=norm.eps)
    )
