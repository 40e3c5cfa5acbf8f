"""The fast engine: the same steps as the plain one, by compiled code that skips zero pixels."""

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dying_relu.configuration.run import Run
from dying_relu.data.images import Scaling, to_inputs
from dying_relu.engines.kernels.matmul import CACHE_TILE, CSC, CSR, REGISTER_TILE
from dying_relu.engines.kernels.simd import LANES
from dying_relu.engines.kernels.training_step import (
    LayerBuffers,
    LayerParameters,
    Settings,
    Weights,
    Workspace,
    test_batches,
    train_batches,
)
from dying_relu.measurements.evaluation import TestResult, mini_batch_sizes
from dying_relu.model.network import Network


class NumbaEngine:
    """An engine as `engine.Engine` says. The network's tensors and the kernel's arrays are the same memory."""

    def __init__(self, run: Run, network: Network, pixels: Tensor, labels: Tensor) -> None:
        self.network = network
        self._lit = _lit_pixels(pixels, network.scaling)
        self._labels = labels.numpy()
        arena = _Arena()
        self._weights, self._gradient, self._mean, self._square = (_weights(arena, network) for _ in range(4))
        self._running = tuple(arena.take(2, len(layer.bias)) for layer in self._weights.layers)
        for layer, ours, running in zip(network.layers, self._weights.layers, self._running, strict=True):
            _share(layer.linear.weight, ours.weight.T)
            if run.batch_norm:
                _share(layer.norm.weight, ours.gamma)
                _share(layer.norm.bias, ours.beta)
                _share(layer.norm.running_mean, running[0])
                _share(layer.norm.running_var, running[1])
            else:
                _share(layer.linear.bias, ours.bias)
        _share(network.output.weight, self._weights.output)
        _share(network.output.bias, self._weights.output_bias)
        # Of the first layer nothing goes further back.
        sizes = [(0, 0), *((layer.units, _multiple(layer.weight.shape[1], LANES)) for layer in network.layers[1:])]
        self._transposed = tuple(arena.take(_multiple(units, 4), inputs) for units, inputs in sizes)
        self._scratch = _scratch(arena, self._weights, run.batch_size, self._lit)
        self._settings = Settings(
            run.batch_norm,
            np.float32(run.negative_slope or 0),
            np.float32(run.batch_norm_epsilon),
            np.float32(run.batch_norm_momentum),
            *(run.learning_rate, run.beta1, run.beta2, run.epsilon),
        )
        self._steps = 0
        self._batch_size = run.batch_size

    def train(self, batches: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        losses = np.empty(len(batches), np.float32)
        correct = np.empty(len(batches), np.int64)
        ends = np.cumsum([len(batch) for batch in batches])
        train_batches(
            *(torch.cat(list(batches)).numpy(), ends, self._lit, self._labels),
            *(self._weights, self._transposed, self._gradient, self._mean, self._square, self._steps),
            *(self._running, self._scratch, self._settings, losses, correct),
        )
        self._steps += len(batches)
        return torch.from_numpy(losses), torch.from_numpy(correct)

    def gradient(self, layer: int = 0) -> Tensor:
        width, inputs = self.network.layers[layer].weight.shape
        return torch.from_numpy(self._gradient.layers[layer].weight)[:inputs, :width].t()

    def tester(self, pixels: Tensor, labels: Tensor) -> Callable[[], TestResult]:
        lit, labels = _lit_pixels(pixels, self.network.scaling), labels.numpy()
        sizes = mini_batch_sizes(len(labels), self._batch_size)
        ends = np.cumsum(sizes)
        widths = [layer.units for layer in self.network.layers]
        scratch = _scratch(_Arena(), self._weights, max(sizes), lit)

        def test() -> TestResult:
            losses = np.empty(len(sizes))
            correct = np.zeros((2, len(sizes)), np.int64)
            active = tuple(np.zeros(len(layer.bias), np.float32) for layer in self._weights.layers)
            test_batches(
                *(ends, lit, labels, self._weights, self._running),
                *(scratch, self._settings, losses, correct, active),
            )
            times = [torch.from_numpy(units[:width]) for units, width in zip(active, widths, strict=True)]
            running, themselves = (correct.sum(1) / len(labels)).tolist()
            return TestResult(
                loss=float(np.average(losses, weights=sizes)),
                accuracy=running,
                accuracy_batch_statistics=themselves if self._settings.batch_norm else running,
                active_fraction=torch.cat(times).double() / len(labels),
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
        found = {}
        for group, weights in {"weights": self._weights, "mean": self._mean, "square": self._square}.items():
            for k, layer in enumerate(weights.layers):
                found |= {f"{group}.{k}.{name}": array for name, array in layer._asdict().items()}
            found |= {f"{group}.output": weights.output, f"{group}.output_bias": weights.output_bias}
        return found | {f"running.{k}": array for k, array in enumerate(self._running)}


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


def _weights(arena: _Arena, network: Network) -> Weights:
    """Zeros for all weights of a network."""
    layers = []
    for layer in network.layers:
        width = _multiple(layer.units, LANES)
        weight = arena.take(_multiple(layer.weight.shape[1], 4), width)
        layers.append(LayerParameters(weight, *(arena.take(width) for _ in range(3))))
    classes = network.output.out_features
    return Weights(tuple(layers), arena.take(classes, width), arena.take(_multiple(classes, LANES)))


def _scratch(arena: _Arena, weights: Weights, size: int, lit: CSR) -> Workspace:
    """Room for mini-batches of up to `size` images."""
    size = _multiple(size, REGISTER_TILE)
    layers = []
    for layer in weights.layers:
        width = len(layer.bias)
        layers.append(LayerBuffers(*(arena.take(width // LANES, size, LANES) for _ in range(3)), arena.take(width)))
    inputs = len(weights.layers[0].weight)
    blocks, pairs = (_multiple(inputs, LANES) // LANES, 0) if len(lit.all) else (0, inputs // 2)
    return Workspace(
        tuple(layers),
        arena.take(size, len(weights.output)),
        CSC(
            arena.take(pairs, size, kind=np.uint32),
            np.zeros((size // CACHE_TILE + 2, pairs), np.int64),
            arena.take(blocks, size, LANES),
        ),
    )


def _multiple(number: int, of: int) -> int:
    """The smallest multiple of `of` that is not below `number`."""
    return -(-number // of) * of


def _share(tensor: Tensor, array: np.ndarray) -> None:
    """Let `tensor` be the beginning of `array` from now on, without changing its values."""
    part = torch.from_numpy(array)[tuple(slice(size) for size in tensor.shape)]
    part.copy_(tensor.data)
    tensor.data = part


def _lit_pixels(pixels: Tensor, scaling: Scaling) -> CSR:
    """The images, uint8 `[n, inputs]`, as inputs without their zeros.

    Where `scaling` makes something else than 0 of a dark pixel, nothing is left out.
    """
    inputs = to_inputs(torch.arange(256, dtype=torch.uint8), scaling).numpy()
    array = pixels.numpy()
    if inputs[0]:
        nothing = np.empty(0, np.int64)
        return CSR(nothing, nothing.astype(np.uint16), nothing.astype(np.uint16), nothing, inputs, array)
    if array.shape[1] % 2:
        array = np.pad(array, ((0, 0), (0, 1)))
    pairs = np.ascontiguousarray(array).view("<u2")
    lit = pairs != 0
    start = np.concatenate([[0], np.cumsum(np.count_nonzero(lit, axis=1))])
    pair = np.broadcast_to(np.arange(pairs.shape[1], dtype=np.uint16), pairs.shape)[lit]
    ever = np.flatnonzero(lit.any(axis=0))
    return CSR(start, pair, pairs[lit].astype(np.uint16), ever, inputs, np.empty((0, 0), np.uint8))
