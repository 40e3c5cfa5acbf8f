"""What is measured of a network at the end of an epoch: test accuracies, and which units are silent."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional

from dying_relu.model.network import Network

CHUNK = 1000  # images that are looked at at once: what stays in the cache is quick
MOST = 2_500_000  # numbers that a layer may make of them


@dataclass(frozen=True)
class TestResult:
    """How a network does on the test images. Accuracies in [0, 1], loss in nats.

    `active_fraction`, float64 `[units]`, one layer after the other: the share of the test images
    for which a unit's pre-activation is above 0; of a channel, the share of all positions in them. Loss,
    accuracy and active fraction come from one pass with running statistics;
    `accuracy_batch_statistics` from mini-batches that are normalised by themselves.
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
    chunks = _chunks(mini_batch_sizes(len(images), batch_size), _at_once(network))
    logits, batch_logits = [], []
    active = [torch.zeros(layer.units, dtype=torch.int64) for layer in network.layers]
    seen = [0 for _ in network.layers]
    for rows, sizes in zip(images.split([sum(sizes) for sizes in chunks]), chunks, strict=True):
        linear = network.hidden(rows)  # the dear part, shared by both evaluations
        pre_activations, result = _onward(network, linear, lambda values, norm: norm(values))
        for index, pre_activation in enumerate(pre_activations):
            active[index] += (pre_activation > 0).sum(_but_units(pre_activation))
            seen[index] += pre_activation.numel() // len(active[index])
        logits.append(result)
        if not isinstance(network.norm, nn.Identity):
            _, result = _onward(network, linear, partial(_normalized_by_themselves, sizes=sizes))
            batch_logits.append(result)
    running = torch.cat(logits)
    accuracy = _share_correct(running, labels)
    return TestResult(
        loss=functional.cross_entropy(running, labels).item(),
        accuracy=accuracy,
        accuracy_batch_statistics=_share_correct(torch.cat(batch_logits), labels) if batch_logits else accuracy,
        active_fraction=torch.cat([units.double() / times for units, times in zip(active, seen, strict=True)]),
    )


def _onward(
    network: Network, linear: Tensor, normalize: Callable[[Tensor, nn.Module], Tensor]
) -> tuple[list[Tensor], Tensor]:
    """Pre-activations of every layer, and logits, from what the first layer's linear map gave."""
    found = []
    for layer in network.layers:
        if found:
            linear = layer.linear(found[-1][1])
        found.append(layer.normalize_and_activate(linear, partial(normalize, norm=layer.norm)))
    return [pre_activation for pre_activation, _ in found], network.output(found[-1][1])


def _but_units(values: Tensor) -> tuple[int, ...]:
    """The dimensions of `[batch, units]` or `[batch, channels, rows, columns]` that are not the units'."""
    return (0, *range(2, values.ndim))


def _share_correct(logits: Tensor, labels: Tensor) -> float:
    return (logits.argmax(1) == labels).sum().item() / len(labels)


def _normalized_by_themselves(rows: Tensor, norm: nn.Module, sizes: list[int]) -> Tensor:
    """Consecutive mini-batches of the given sizes, each normalised by its own statistics."""
    scale_and_shift = norm.weight, norm.bias
    return torch.cat(
        [
            functional.batch_norm(part, None, None, *scale_and_shift, training=True, eps=norm.eps)
            for part in rows.split(sizes)
        ]
    )


def mini_batch_sizes(rows: int, size: int) -> list[int]:
    """Consecutive mini-batches; a last row alone has no variance and joins the mini-batch before it."""
    sizes = [size] * (rows // size)
    rest = rows % size
    if rest == 1 and sizes:
        sizes[-1] += 1
    elif rest:
        sizes.append(rest)
    return sizes


def _at_once(network: Network) -> int:
    """How many images, 2 or more, are looked at at once: less than CHUNK where a layer makes much of each."""
    return max(2, min(CHUNK, MOST // max(layer.units * layer.positions for layer in network.layers)))


def _chunks(sizes: list[int], rows: int) -> list[list[int]]:
    """The mini-batches in groups of at least so many rows, but for the last."""
    groups = [[]]
    for size in sizes:
        if sum(groups[-1]) >= rows:
            groups.append([])
        groups[-1].append(size)
    return groups
