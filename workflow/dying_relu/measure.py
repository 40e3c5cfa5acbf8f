"""What is measured of a network at the end of an epoch: test accuracies, and which units are silent."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from dying_relu.images import to_inputs
from dying_relu.network import Network

CHUNK = 1000


@dataclass(frozen=True)
class TestResult:
    """How a network does on the test images. Accuracies in [0, 1], loss in nats.

    `active_fraction`, float64 `[width]`: the share of the test images for which a unit's
    pre-activation is above 0. Loss, accuracy and active fraction come from one pass with running
    statistics; `accuracy_batch_statistics` from mini-batches that are normalised by themselves.
    """

    __test__ = False  # not a test, whatever pytest makes of its name

    loss: float
    accuracy: float
    accuracy_batch_statistics: float
    active_fraction: Tensor


@torch.inference_mode()
def evaluate(network: Network, images: Tensor, labels: Tensor, batch_size: int) -> TestResult:
    """Test `network` on `images` (float32 `[n, inputs]`) in file order, under both evaluations."""
    network.eval()
    linear = network.hidden(images)  # the dear part, shared by both evaluations
    pre_activation = network.norm(linear)
    logits = network.output(network.activation(pre_activation))
    accuracy = _share_correct(logits, labels)
    return TestResult(
        loss=functional.cross_entropy(logits, labels).item(),
        accuracy=accuracy,
        accuracy_batch_statistics=(
            _share_correct(_batch_normalized_logits(network, linear, batch_size), labels)
            if isinstance(network.norm, nn.BatchNorm1d)
            else accuracy
        ),
        active_fraction=(pre_activation > 0).sum(0).double() / len(images),
    )


def _share_correct(logits: Tensor, labels: Tensor) -> float:
    return (logits.argmax(1) == labels).sum().item() / len(labels)


def _batch_normalized_logits(network: Network, linear: Tensor, batch_size: int) -> Tensor:
    norm = network.norm
    parts = [
        functional.batch_norm(part, None, None, norm.weight, norm.bias, training=True, eps=norm.eps)
        for part in _mini_batches(linear, batch_size)
    ]
    return network.output(network.activation(torch.cat(parts)))


def _mini_batches(rows: Tensor, size: int) -> Iterator[Tensor]:
    """Consecutive mini-batches; a last row alone has no variance and joins the mini-batch before it."""
    sizes = [size] * (len(rows) // size)
    rest = len(rows) % size
    if rest == 1 and sizes:
        sizes[-1] += 1
    elif rest:
        sizes.append(rest)
    return iter(rows.split(sizes))


@torch.inference_mode()
def silent_units(network: Network, pixels: Tensor) -> tuple[Tensor, Tensor]:
    """Which units are dead and which are inactive on `pixels` (uint8 `[n, inputs]`): two bool `[width]`.

    Dead: the output is exactly 0 for every image. Inactive: the pre-activation is above 0 for no
    image. Both with running statistics. A unit that has shown itself to be neither is not looked
    at again, so that only silent units cost a pass over all images.
    """
    network.eval()
    width = network.hidden.out_features
    dead = torch.ones(width, dtype=torch.bool)
    inactive = torch.ones(width, dtype=torch.bool)
    for part in pixels.split(CHUNK):
        units = (dead | inactive).nonzero().squeeze(1)
        if len(units) == 0:
            break
        pre_activation = _pre_activation_of(network, to_inputs(part), units)
        dead[units] &= (network.activation(pre_activation) == 0).all(0)
        inactive[units] &= ~(pre_activation > 0).any(0)
    return dead, inactive


def _pre_activation_of(network: Network, images: Tensor, units: Tensor) -> Tensor:
    """`network.pre_activation(images)[:, units]` without computing the other units."""
    hidden, norm = network.hidden, network.norm
    linear = functional.linear(images, hidden.weight[units], None if hidden.bias is None else hidden.bias[units])
    if not isinstance(norm, nn.BatchNorm1d):
        return linear
    mean, variance = norm.running_mean[units], norm.running_var[units]
    return functional.batch_norm(linear, mean, variance, norm.weight[units], norm.bias[units], eps=norm.eps)
