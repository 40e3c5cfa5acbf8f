"""The fast engine: the same steps as the plain one, by compiled code that skips zero pixels."""

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dying_relu.images import Scaling, to_inputs
from dying_relu.kernel import LANES, PART, TOGETHER, Lit, Scratch, Settings, Weights, test_batches, train_batches
from dying_relu.measure import TestResult, mini_batch_sizes
from dying_relu.network import Network
from dying_relu.run import Run


class NumbaEngine:
    """An engine as `engine.Engine` says. The network's tensors and the kernel's arrays are the same memory."""

    def __init__(self, run: Run, network: Network, pixels: Tensor, labels: Tensor) -> None:
        self.network = network
        self._lit = _lit_pixels(pixels, network.scaling)
        self._labels = labels.numpy()
        width, inputs = network.hidden.weight.shape
        size, classes = run.batch_size, network.output.out_features
        padded, rows = _multiple(width, LANES), _multiple(inputs, 4)
        arena = _Arena()

        def weights() -> Weights:
            vectors = (arena.take(padded) for _ in range(3))
            return Weights(
                arena.take(rows, padded),
                *vectors,
                arena.take(classes, padded),
                arena.take(_multiple(classes, LANES)),
            )

        self._weights, self._gradient, self._mean, self._square = (weights() for _ in range(4))
        norm = network.norm if run.batch_norm else None
        self._running = arena.take(2, padded)
        _share(network.hidden.weight, self._weights.hidden.T)
        _share(network.output.weight, self._weights.output)
        _share(network.output.bias, self._weights.output_bias)
        if norm:
            _share(norm.weight, self._weights.gamma)
            _share(norm.bias, self._weights.beta)
            _share(norm.running_mean, self._running[0])
            _share(norm.running_var, self._running[1])
        else:
            _share(network.hidden.bias, self._weights.bias)
        self._scratch = _scratch(arena, self._weights, size, self._lit)
        self._settings = Settings(
            run.batch_norm,
            np.float32(run.negative_slope or 0),
            np.float32(run.batch_norm_epsilon),
            np.float32(run.batch_norm_momentum),
            *(run.learning_rate, run.beta1, run.beta2, run.epsilon),
        )
        self._steps = 0
        self._batch_size = size

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
        width, inputs = self.network.hidden.weight.shape
        return torch.from_numpy(self._gradient.hidden)[:inputs, :width].t()

    def tester(self, pixels: Tensor, labels: Tensor) -> Callable[[], TestResult]:
        lit, labels = _lit_pixels(pixels, self.network.scaling), labels.numpy()
        sizes = mini_batch_sizes(len(labels), self._batch_size)
        ends = np.cumsum(sizes)
        width = self.network.hidden.out_features
        scratch = _scratch(_Arena(), self._weights, max(sizes), lit)

        def test() -> TestResult:
            losses = np.empty(len(sizes))
            correct = np.zeros((2, len(sizes)), np.int64)
            active = np.zeros(self._weights.hidden.shape[1], np.float32)
            test_batches(
                *(ends, lit, labels, self._weights, self._running),
                *(scratch, self._settings, losses, correct, active),
            )
            running, themselves = (correct.sum(1) / len(labels)).tolist()
            return TestResult(
                loss=float(np.average(losses, weights=sizes)),
                accuracy=running,
                accuracy_batch_statistics=themselves if self._settings.batch_norm else running,
                active_fraction=torch.from_numpy(active[:width]).double() / len(labels),
            )

        return test

    def state(self) -> dict[str, NDArray]:
        return self._arrays() | {"steps": np.array(self._steps)}

    def restore(self, state: Mapping[str, NDArray]) -> None:
        for name, array in self._arrays().items():
            array[...] = state[name]
        self._steps = int(state["steps"])

    def _arrays(self) -> dict[str, NDArray]:
        """All memory that lasts from step to step, by name."""
        groups = {"weights": self._weights, "mean": self._mean, "square": self._square}
        arrays = {
            f"{group}.{name}": array for group, numbers in groups.items() for name, array in numbers._asdict().items()
        }
        return arrays | {"running": self._running}


class _Arena:
    """Arrays of zeros, side by side in large blocks: a large block gets huge pages, small ones would not.

    Random rows of many small pages cost address translations; with huge pages a step takes a tenth less.
    """

    BLOCK = 1 << 23  # NumPy asks for huge pages from 4 MiB on
    LINE = 64  # where arrays begin, so that no vector lies across two lines of the cache

    def __init__(self) -> None:
        self._free = np.empty(0, np.uint8)

    def take(self, *shape: int, kind: type = np.float32) -> np.ndarray:
        size = math.prod(shape) * np.dtype(kind).itemsize
        room = _multiple(size, self.LINE)
        if room > len(self._free):
            block = np.empty(max(room + self.LINE, self.BLOCK), np.uint8)
            block.fill(0)
            self._free = block[-block.ctypes.data % self.LINE :]
        array, self._free = self._free[:size], self._free[room:]
        return array.view(kind).reshape(shape)


def _scratch(arena: _Arena, weights: Weights, size: int, lit: Lit) -> Scratch:
    """Room for mini-batches of up to `size` images."""
    classes, width = weights.output.shape
    inputs, pairs, images = len(weights.hidden), len(weights.hidden) // 2, 0
    if len(lit.all):
        images = size = _multiple(size, TOGETHER)
        pairs = 0
    return Scratch(
        *(arena.take(width // LANES, size, LANES) for _ in range(3)),
        error=arena.take(size, classes),
        scale=arena.take(width),
        entry=arena.take(pairs, size, kind=np.uint32),
        until=np.zeros((size // PART + 2, pairs), np.int64),
        images=arena.take(images, inputs),
    )


def _multiple(number: int, of: int) -> int:
    """The smallest multiple of `of` that is not below `number`."""
    return -(-number // of) * of


def _share(tensor: Tensor, array: np.ndarray) -> None:
    """Let `tensor` be the beginning of `array` from now on, without changing its values."""
    part = torch.from_numpy(array)[tuple(slice(size) for size in tensor.shape)]
    part.copy_(tensor.data)
    tensor.data = part


def _lit_pixels(pixels: Tensor, scaling: Scaling) -> Lit:
    """The images, uint8 `[n, inputs]`, as inputs without their zeros.

    Where `scaling` makes something else than 0 of a dark pixel, nothing is left out.
    """
    inputs = to_inputs(torch.arange(256, dtype=torch.uint8), scaling).numpy()
    array = pixels.numpy()
    if inputs[0]:
        nothing = np.empty(0, np.int64)
        return Lit(nothing, nothing.astype(np.uint16), nothing.astype(np.uint16), nothing, inputs, array)
    if array.shape[1] % 2:
        array = np.pad(array, ((0, 0), (0, 1)))
    pairs = np.ascontiguousarray(array).view("<u2")
    lit = pairs != 0
    start = np.concatenate([[0], np.cumsum(np.count_nonzero(lit, axis=1))])
    pair = np.broadcast_to(np.arange(pairs.shape[1], dtype=np.uint16), pairs.shape)[lit]
    ever = np.flatnonzero(lit.any(axis=0))
    return Lit(start, pair, pairs[lit].astype(np.uint16), ever, inputs, np.empty((0, 0), np.uint8))
