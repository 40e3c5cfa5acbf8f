"""Test accuracies, with BN's running statistics and with those of mini-batches, and the units' active fractions."""

from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from dying_relu.measurements.results import CHUNK, TestResult, mini_batch_sizes
from dying_relu.model.network import Network, to_inputs


@torch.inference_mode()
def evaluate(network: Network, images: Tensor, labels: Tensor, batch_size: int, rows: int = CHUNK) -> TestResult:
    """Test `network` on `images`, float32 `[n, inputs]`, and `labels`, int64 `[n]`, in mini-batches of `batch_size`.

    Chunks have at least `rows` images, and whole mini-batches.
    """
    network.eval()
    chunks = _chunks(mini_batch_sizes(len(images), batch_size), rows)
    logits, batch_logits = [], []
    active = [torch.zeros(layer.units, dtype=torch.int64) for layer in network.layers]
    for chunk, sizes in zip(images.split([sum(sizes) for sizes in chunks]), chunks, strict=True):
        linear = network.hidden(chunk)  # The expensive product; both evaluations share it.
        pre_activations, result = _forward(network, linear, lambda values, norm: norm(values))
        for counts, pre_activation in zip(active, pre_activations, strict=True):
            counts += (pre_activation > 0).sum(dims_but_units(pre_activation))
        logits.append(result)
        if not isinstance(network.norm, nn.Identity):
            batch_logits.append(_forward(network, linear, partial(_normalize_batches, sizes=sizes))[1])
    running = torch.cat(logits)
    accuracy = _accuracy(running, labels)
    counted = [len(images) * layer.positions for layer in network.layers]
    return TestResult(
        loss=functional.cross_entropy(running, labels).item(),
        accuracy=accuracy,
        accuracy_batch_statistics=_accuracy(torch.cat(batch_logits), labels) if batch_logits else accuracy,
        active_fraction=np.concatenate([counts.numpy() / total for counts, total in zip(active, counted, strict=True)]),
    )


@torch.inference_mode()
def accuracy(network: Network, pixels: Tensor, labels: Tensor, rows: int = CHUNK) -> float:
    """Return the share of `pixels` (uint8 `[n, inputs]`) that `network` classifies as `labels` (int64 `[n]`).

    BN uses its running statistics. The images are taken in chunks of `rows`.
    """
    network.eval()
    chunks = pixels.split(mini_batch_sizes(len(pixels), rows))
    return _accuracy(torch.cat([network(to_inputs(chunk, network.scaling)) for chunk in chunks]), labels)


def dims_but_units(values: Tensor) -> tuple[int, ...]:
    """Return all dimensions of `[batch, units]` or `[batch, channels, rows, columns]` but the units' or channels'."""
    return (0, *range(2, values.ndim))


def _chunks(sizes: list[int], images: int) -> list[list[int]]:
    """Group mini-batches into chunks of at least `images` images; the last may be smaller."""
    groups = [[]]
    for size in sizes:
        if sum(groups[-1]) >= images:
            groups.append([])
        groups[-1].append(size)
    return groups


def _forward(
    network: Network, linear: Tensor, normalize: Callable[[Tensor, nn.Module], Tensor]
) -> tuple[list[Tensor], Tensor]:
    """Return each layer's pre-activations, and the logits, from the output of the first layer's linear map."""
    pre_activations, output = [], None
    for layer in network.layers:
        linear = linear if output is None else layer.linear(output)
        pre_activation, output = layer.normalize_and_activate(linear, partial(normalize, norm=layer.norm))
        pre_activations.append(pre_activation)
    return pre_activations, network.output(output)


def _normalize_batches(values: Tensor, norm: nn.Module, sizes: list[int]) -> Tensor:
    """Normalise consecutive mini-batches of the given sizes, each by its own statistics."""
    batches = values.split(sizes)
    normalize = partial(functional.batch_norm, running_mean=None, running_var=None, training=True, eps=norm.eps)
    return torch.cat([normalize(batch, weight=norm.weight, bias=norm.bias) for batch in batches])


def _accuracy(logits: Tensor, labels: Tensor) -> float:
    return (logits.argmax(1) == labels).sum().item() / len(labels)
