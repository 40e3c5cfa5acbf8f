"""The fast engine: the same steps as the plain one, by compiled code that skips zero pixels."""

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from dying_relu.images import to_inputs
from dying_relu.kernel import Lit, Scratch, Settings, Weights, train_batches
from dying_relu.network import Network
from dying_relu.run import Run


class NumbaEngine:
    """An engine as `engine.Engine` says. The network's tensors and the kernel's arrays are the same memory."""

    def __init__(self, run: Run, network: Network, pixels: Tensor, labels: Tensor) -> None:
        self.network = network
        self._lit = _lit_pixels(pixels)
        self._labels = labels.numpy()
        width, inputs = network.hidden.weight.shape
        arena = _Arena(16 * inputs * width + run.batch_size * (12 * width + 6 * inputs))
        # Rows of pixels are what the kernel adds up; the network sees the same numbers transposed.
        hidden = arena.take(inputs, width)
        hidden[:] = network.hidden.weight.detach().numpy().T
        network.hidden.weight.data = torch.from_numpy(hidden).t()
        norm = network.norm if run.batch_norm else None
        others = [network.hidden.bias, *((norm.weight, norm.bias) if norm else (None, None))]
        others += [network.output.weight, network.output.bias]
        self._weights = Weights(hidden, *map(_shared, others))
        self._gradient, self._mean, self._square = (
            Weights(arena.take(inputs, width), *map(np.zeros_like, self._weights[1:])) for _ in range(3)
        )
        self._running = np.zeros((2, width), np.float32)
        if norm:
            self._running[:] = norm.running_mean, norm.running_var
            norm.running_mean, norm.running_var = torch.from_numpy(self._running)
        size, classes = run.batch_size, len(self._weights.output_bias)
        self._scratch = Scratch(
            *(arena.take(size, width) for _ in range(3)),
            error=arena.take(size, classes),
            statistics=arena.take(4, width),
            count=np.zeros(inputs, np.uint32),
            entry=arena.take(inputs, size, kind=np.uint16),
            factor=arena.take(inputs, size),
            row=arena.take(width),
            zero=arena.take(width),
        )
        self._settings = Settings(
            run.batch_norm,
            np.float32(run.negative_slope or 0),
            np.float32(run.batch_norm_epsilon),
            np.float32(run.batch_norm_momentum),
            *(run.learning_rate, run.beta1, run.beta2, run.epsilon),
        )
        self._steps = 0

    def train(self, batches: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        losses = np.empty(len(batches), np.float32)
        correct = np.empty(len(batches), np.int64)
        ends = np.cumsum([len(batch) for batch in batches])
        train_batches(
            *(torch.cat(list(batches)).numpy(), ends, self._lit, self._labels),
            *(self._weights, self._gradient, self._mean, self._square, self._steps, self._running),
            *(self._scratch, self._settings, losses, correct),
        )
        self._steps += len(batches)
        return torch.from_numpy(losses), torch.from_numpy(correct)

    def gradient(self, layer: int = 0) -> Tensor:
        return torch.from_numpy(self._gradient.hidden).t()


class _Arena:
    """Arrays of zeros, side by side in one block: a large block gets huge pages, small ones would not.

    Random rows of many small pages cost address translations; with huge pages a step takes a tenth less.
    """

    SPARE = 1 << 22  # NumPy asks for huge pages from 4 MiB on

    def __init__(self, size: int) -> None:
        self._block = np.empty(size + self.SPARE, np.uint8)
        self._block.fill(0)
        self._used = -self._block.ctypes.data % 64

    def take(self, *shape: int, kind: type = np.float32) -> np.ndarray:
        size = math.prod(shape) * np.dtype(kind).itemsize
        array = self._block[self._used : self._used + size].view(kind).reshape(shape)
        self._used += -(-size // 64) * 64
        return array


def _shared(parameter: Tensor | None) -> np.ndarray:
    """The memory of a parameter, as an array; of none, an empty one."""
    return np.empty(0, np.float32) if parameter is None else parameter.detach().numpy()


def _lit_pixels(pixels: Tensor) -> Lit:
    """The images, uint8 `[n, inputs]`, as inputs without their zeros."""
    array = pixels.numpy()
    lit = array != 0
    start = np.concatenate([[0], np.cumsum(np.count_nonzero(lit, axis=1))])
    pixel = np.broadcast_to(np.arange(array.shape[1], dtype=np.uint16), array.shape)[lit]
    value = to_inputs(torch.from_numpy(array[lit])).numpy()
    return Lit(start, pixel, value, np.flatnonzero(lit.any(axis=0)))
