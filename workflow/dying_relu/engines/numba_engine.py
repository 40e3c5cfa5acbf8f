"""The fast engine: the same steps as the plain one, by compiled code that skips pixels of 0."""

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dying_relu.configuration.run import Run
from dying_relu.data.images import Scaling, to_inputs
from dying_relu.engines.kernels.hidden_layer import ELU, GELU, LEAKY_RELU, LayerBuffers, LayerParameters, Settings
from dying_relu.engines.kernels.matmul import CACHE_TILE, CSC, CSR, REGISTER_TILE
from dying_relu.engines.kernels.optimizers import SGD, AdamSettings, Parameter
from dying_relu.engines.kernels.simd import LANES
from dying_relu.engines.kernels.training_step import (
    Batches,
    Parameters,
    TestResults,
    TrainingState,
    Workspace,
    test_batches,
    train_batches,
)
from dying_relu.measurements.evaluation import TestResult, mini_batch_sizes
from dying_relu.model.network import Network


class NumbaEngine:
    """An `engine.Engine`. The network's tensors and the kernels' arrays share their memory."""

    def __init__(self, run: Run, network: Network, pixels: Tensor, labels: Tensor) -> None:
        self.network = network
        self._images, self._labels = _to_csr(pixels, network.scaling), labels.numpy()
        arena = _Arena()
        self._state = _training_state(arena, network)
        self._parameters = _by_name(self._state.parameters, network)
        for name, tensor in network.named_parameters():
            _share(tensor, self._parameters[name].value)
        if run.batch_norm:
            for layer, running in zip(network.layers, self._state.running, strict=True):
                _share(layer.norm.running_mean, running[0, : layer.units])
                _share(layer.norm.running_var, running[1, : layer.units])
        # A test's last mini-batch may have one image more than a training's.
        self._workspace = _workspace(arena, network, run.batch_size + 1, self._images)
        self._settings = Settings(
            run.batch_norm,
            {"elu": ELU, "gelu": GELU}.get(run.activation, LEAKY_RELU),
            np.float32(run.negative_slope or 0),
            np.float32(run.batch_norm_epsilon),
            np.float32(run.batch_norm_momentum),
            AdamSettings(run.learning_rate, run.beta1, run.beta2, run.epsilon)
            if run.optimizer == "adam"
            else SGD(np.float32(run.learning_rate), np.float32(run.momentum)),
        )
        self._batch_size = run.batch_size

    def train(self, batches: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        loss, correct = np.empty(len(batches), np.float32), np.empty(len(batches), np.int64)
        train_batches(
            Batches(torch.cat(list(batches)).numpy(), np.cumsum([len(batch) for batch in batches])),
            *(self._images, self._labels, self._state, self._workspace, self._settings, loss, correct),
        )
        return torch.from_numpy(loss), torch.from_numpy(correct)

    def gradient(self, layer: int = 0) -> Tensor:
        return torch.from_numpy(self._parameters[f"layers.{layer}.linear.weight"].gradient)

    def tester(self, pixels: Tensor, labels: Tensor) -> Callable[[], TestResult]:
        images, labels = _to_csr(pixels, self.network.scaling), labels.numpy()
        sizes = mini_batch_sizes(len(labels), self._batch_size)
        batches = Batches(np.arange(len(labels)), np.cumsum(sizes))

        def test() -> TestResult:
            active = tuple(np.zeros(running.shape[1], np.float32) for running in self._state.running)
            results = TestResults(np.empty(len(sizes)), np.zeros((2, len(sizes)), np.int64), active)
            test_batches(batches, images, labels, self._state, self._workspace, self._settings, results)
            counts = [counts[: layer.units] for layer, counts in zip(self.network.layers, active, strict=True)]
            running, own = (results.correct.sum(1) / len(labels)).tolist()
            return TestResult(
                loss=float(np.average(results.loss, weights=sizes)),
                accuracy=running,
                accuracy_batch_statistics=own if self._settings.batch_norm else running,
                active_fraction=torch.from_numpy(np.concatenate(counts)).double() / len(labels),
            )

        return test

    def state(self) -> dict[str, NDArray]:
        found = {f"running.{layer}": statistics for layer, statistics in enumerate(self._state.running)}
        for name, parameter in self._parameters.items():
            found |= {f"{name}.{part}": getattr(parameter, part) for part in ("value", "first_moment", "second_moment")}
        return found | {"steps": self._state.steps}

    def restore(self, state: Mapping[str, NDArray]) -> None:
        for name, array in self.state().items():
            array[...] = state[name]


class _Arena:
    """Arrays of zeros, side by side in large blocks, which get huge pages where small arrays would not.

    Rows of many small pages cost address translations; with huge pages a step takes a tenth less.
    """

    BLOCK = 1 << 23  # bytes; NumPy asks for huge pages from 4 MiB on
    LINE = 64  # bytes of a cache line, where arrays begin, so that no vector lies across two lines
    # Bytes between two arrays: at multiples of 4 KiB from each other, a load would wait for another array's store.
    GAP = 256

    def __init__(self) -> None:
        self._free = np.empty(0, np.uint8)

    def take(self, *shape: int, dtype: type = np.float32) -> np.ndarray:
        size = math.prod(shape) * np.dtype(dtype).itemsize
        room = _round_up(size, self.LINE) + self.GAP
        if room > len(self._free):
            block = np.empty(max(room + self.LINE, self.BLOCK), np.uint8)
            block.fill(0)
            self._free = block[-block.ctypes.data % self.LINE :]
        array, self._free = self._free[:size], self._free[room:]
        return array.view(dtype).reshape(shape)


def _training_state(arena: _Arena, network: Network) -> TrainingState:
    """Return zeros for all that a training of `network` changes."""

    def parameter(*shape: int) -> Parameter:
        return Parameter(*(arena.take(*shape) for _ in Parameter._fields))

    layers = []
    for layer in network.layers:
        width = _round_up(layer.units, LANES)
        weight = parameter(_round_up(layer.weight.shape[1], 4), width)
        layers.append(LayerParameters(weight, parameter(width), parameter(width), parameter(width)))
    classes = network.output.out_features
    parameters = Parameters(tuple(layers), parameter(classes, width), parameter(_round_up(classes, LANES)))
    running = tuple(arena.take(2, len(layer.bias.value)) for layer in layers)
    return TrainingState(parameters, running, np.zeros(1, np.int64))


def _by_name(parameters: Parameters, network: Network) -> dict[str, Parameter]:
    """Return views of the kernels' arrays, with the names and shapes of the network's parameters."""
    found = {"output.weight": parameters.output_weight, "output.bias": parameters.output_bias}
    for k, layer in enumerate(parameters.layers):
        found |= {
            f"layers.{k}.linear.weight": Parameter(*(array.T for array in layer.weight)),
            f"layers.{k}.linear.bias": layer.bias,
            f"layers.{k}.norm.weight": layer.gamma,
            f"layers.{k}.norm.bias": layer.beta,
        }
    return {
        name: Parameter(*(array[tuple(map(slice, tensor.shape))] for array in found[name]))
        for name, tensor in network.named_parameters()
    }


def _workspace(arena: _Arena, network: Network, size: int, images: CSR) -> Workspace:
    """Return room for mini-batches of up to `size` images."""
    size = _round_up(size, REGISTER_TILE)
    layers = []
    for layer in network.layers:
        width, inputs = _round_up(layer.units, LANES), _round_up(layer.weight.shape[1], LANES)
        buffers = (arena.take(width // LANES, size, LANES) for _ in range(3))
        # The gradient by the first layer's inputs is not needed.
        transposed = arena.take(_round_up(layer.units, 4), inputs) if layers else arena.take(0, 0)
        layers.append(LayerBuffers(*buffers, arena.take(width), transposed))
    inputs = network.layers[0].weight.shape[1]
    blocks, pairs = (_round_up(inputs, LANES) // LANES, 0) if len(images.dense) else (0, _round_up(inputs, 4) // 2)
    return Workspace(
        tuple(layers),
        arena.take(_round_up(size, LANES), network.output.out_features),
        CSC(
            arena.take(pairs, size, dtype=np.uint32),
            np.zeros((size // CACHE_TILE + 2, pairs), np.int64),
            np.zeros(pairs, np.int64),
            arena.take(blocks, size, LANES),
        ),
    )


def _round_up(number: int, of: int) -> int:
    """Return the smallest multiple of `of` that is not below `number`."""
    return -(-number // of) * of


def _share(tensor: Tensor, array: NDArray) -> None:
    """Move the values of `tensor` into `array`, whose memory it uses from now on."""
    array[...] = tensor.detach().numpy()
    tensor.data = torch.from_numpy(array)


def _to_csr(pixels: Tensor, scaling: Scaling) -> CSR:
    """Return the images `pixels`, uint8 `[n, inputs]`, as the kernels take them."""
    inputs = to_inputs(torch.arange(256, dtype=torch.uint8), scaling).numpy()
    array = pixels.numpy()
    if inputs[0]:
        return CSR(*(np.empty(0, dtype) for dtype in (np.int64, np.uint16, np.uint16, np.int64)), inputs, array)
    if array.shape[1] % 2:
        array = np.pad(array, ((0, 0), (0, 1)))
    pairs = np.ascontiguousarray(array).view("<u2")
    nonzero = pairs != 0
    indptr = np.concatenate([[0], np.cumsum(np.count_nonzero(nonzero, axis=1))])
    indices = np.broadcast_to(np.arange(pairs.shape[1], dtype=np.uint16), pairs.shape)[nonzero]
    columns = np.flatnonzero(nonzero.any(axis=0))
    return CSR(indptr, indices, pairs[nonzero].astype(np.uint16), columns, inputs, np.empty((0, 0), np.uint8))
