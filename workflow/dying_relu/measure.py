"""What is measured of a network at the end of an epoch: test accuracies, and which units are silent."""

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
    chunks = _chunks(mini_batch_sizes(len(images), batch_size))
    logits, batch_logits = [], []
    active = torch.zeros(network.hidden.out_features, dtype=torch.int64)
    for rows, sizes in zip(images.split([sum(sizes) for sizes in chunks]), chunks, strict=True):
        linear = network.hidden(rows)  # the dear part, shared by both evaluations
        pre_activation = network.norm(linear)
        active += (pre_activation > 0).sum(0)
        logits.append(network.output(network.activation(pre_activation)))
        if isinstance(network.norm, nn.BatchNorm1d):
            normalized = [_normalized_by_itself(part, network.norm) for part in linear.split(sizes)]
            batch_logits.append(network.output(network.activation(torch.cat(normalized))))
    running = torch.cat(logits)
    accuracy = _share_correct(running, labels)
    return TestResult(
        loss=functional.cross_entropy(running, labels).item(),
        accuracy=accuracy,
        accuracy_batch_statistics=_share_correct(torch.cat(batch_logits), labels) if batch_logits else accuracy,
        active_fraction=active.double() / len(images),
    )


def _share_correct(logits: Tensor, labels: Tensor) -> float:
    return (logits.argmax(1) == labels).sum().item() / len(labels)


def _normalized_by_itself(rows: Tensor, norm: nn.BatchNorm1d) -> Tensor:
    return functional.batch_norm(rows, None, None, norm.weight, norm.bias, training=True, eps=norm.eps)


def mini_batch_sizes(rows: int, size: int) -> list[int]:
    """Consecutive mini-batches; a last row alone has no variance and joins the mini-batch before it."""
    sizes = [size] * (rows // size)
    rest = rows % size
    if rest == 1 and sizes:
        sizes[-1] += 1
    elif rest:
        sizes.append(rest)
    return sizes


def _chunks(sizes: list[int]) -> list[list[int]]:
    """The mini-batches in groups of at least CHUNK rows, but for the last: what stays in the cache is quick."""
    groups = [[]]
    for size in sizes:
        if sum(groups[-1]) >= CHUNK:
            groups.append([])
        groups[-1].append(size)
    return groups


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
    few = CHUNK // 8  # most units show themselves to these, and cost no more
    for part in (pixels[:few], *pixels[few:].split(CHUNK)):
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
