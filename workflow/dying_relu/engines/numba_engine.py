"""The fast engine: the same steps as the plain one, by compiled code that skips pixels of 0."""

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import pairwise

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dying_relu.configuration.run import CLASSES, Run
from dying_relu.data.images import Images, Scaling
from dying_relu.engines.kernels.compile_options import OPTIONS
from dying_relu.engines.kernels.hidden_layer import ELU, GELU, LEAKY_RELU, SILU, LayerBuffers, LayerParameters, Settings
from dying_relu.engines.kernels.matmul import CACHE_TILE, CSC, CSR, REGISTER_TILE
from dying_relu.engines.kernels.optimizers import AdamSettings, Parameter, SGDSettings
from dying_relu.engines.kernels.simd import LANES, flush_denormals
from dying_relu.engines.kernels.training_step import (
    Batches,
    Parameters,
    TestResults,
    TrainingState,
    Workspace,
    test_batches,
    train_batches,
)
from dying_relu.engines.kernels.units import count_first_layer, count_outputs, move_statistics
from dying_relu.measurements.results import TestResult, chunk_size, growing_chunks, mini_batch_sizes
from dying_relu.model.initialization import initial_parameters
from dying_relu.model.seeding import order_of_test_images


class NumbaEngine:
    """An `engine.Engine`, which uses one thread. It works without PyTorch."""

    @classmethod
    def compile(cls, run: Run) -> None:
        pixels = np.random.default_rng(0).integers(0, 256, (8, math.prod(run.shapes[0])), np.uint8)
        labels = np.zeros(len(pixels), np.int64)
        engine = cls(run, Images(pixels, labels, pixels, labels))
        index = np.arange(len(pixels))
        with engine.training_statistics():
            engine.dead_and_inactive_units()
        engine._count_in_first_layer(index, index, engine._counts()[0], engine._counts()[0])
        engine.train([index])
        engine.test()

    def __init__(self, run: Run, images: Images, threads: int = 1) -> None:
        _flush_denormals()
        self._run = run
        self.scaling = Scaling.of(run.input_scaling, images.train)
        self._images, self._labels = _to_csr(images.train, self.scaling), images.train_labels
        self._test_images, self._test_labels = _to_csr(images.test, self.scaling), images.test_labels
        self._test_order = order_of_test_images(run.seed, len(images.test))
        arena, inputs = _Arena(), images.train.shape[1]
        self._state = _training_state(arena, inputs, run.hidden)
        initial = initial_parameters(run, inputs)
        self._parameters = _by_name(self._state.parameters, initial)
        for name, values in initial.items():
            self._parameters[name].value[...] = values
        self._reset_running()
        # A test's last mini-batch may have one image more than a training's.
        self._workspace = _workspace(arena, inputs, run.hidden, run.batch_size + 1, self._images)
        self._rows = chunk_size(run)
        self._measuring = _workspace(arena, inputs, run.hidden, self._rows + 1, self._images)
        self._settings = Settings(
            run.batch_norm,
            {"elu": ELU, "gelu": GELU, "silu": SILU}.get(run.activation, LEAKY_RELU),
            np.float32(run.negative_slope or 0),
            np.float32(run.batch_norm_epsilon),
            np.float32(run.batch_norm_momentum),
            AdamSettings(run.learning_rate, run.warmup_steps, run.beta1, run.beta2, run.epsilon)
            if run.optimizer == "adam"
            else SGDSettings(run.learning_rate, run.warmup_steps, run.momentum),
        )

    def train(self, batches: Sequence[NDArray]) -> tuple[NDArray, NDArray]:
        loss, correct = np.empty(len(batches), np.float32), np.empty(len(batches), np.int64)
        train_batches(
            Batches(np.concatenate(batches), np.cumsum([len(batch) for batch in batches])),
            *(self._images, self._labels, self._state, self._workspace, self._settings, loss, correct),
        )
        return loss, correct

    def gradient(self, layer: int = 0) -> NDArray:
        return self._parameters[f"layers.{layer}.linear.weight"].gradient

    def test(self) -> TestResult:
        return self._test(self._test_images, self._test_labels, self._test_order)

    def train_accuracy(self) -> float:
        return self._test(self._images, self._labels, np.arange(len(self._labels))).accuracy

    def _test(self, images: CSR, labels: NDArray, order: NDArray) -> TestResult:
        """Test the network on these images, in mini-batches of this `order`."""
        count = len(order)
        sizes = mini_batch_sizes(count, self._run.batch_size)
        active = self._counts()
        results = TestResults(np.empty(len(sizes)), np.zeros((2, len(sizes)), np.int64), active)
        test_batches(
            Batches(order, np.cumsum(sizes)),
            *(images, labels, self._state, self._workspace, self._settings, results),
        )
        running, own = (results.correct.sum(1) / count).tolist()
        return TestResult(
            loss=float(np.average(results.loss, weights=sizes)),
            accuracy=running,
            accuracy_batch_statistics=own if self._run.batch_norm else running,
            active_fraction=self._concatenate(active).astype(np.float64) / count,
        )

    def dead_and_inactive_units(self) -> tuple[NDArray, NDArray]:
        positive, negative = self._counts(), self._counts()
        for chunk in growing_chunks(len(self._labels), self._rows):
            unseen = [
                np.flatnonzero(counts[:units] == 0) for counts, units in zip(positive, self._run.hidden, strict=True)
            ]
            index = np.arange(chunk.start, chunk.stop)
            if any(len(units) for units in unseen[1:]):
                count_outputs(index, self._images, self._state, self._measuring, self._settings, positive, negative)
            elif len(unseen[0]):
                self._count_in_first_layer(unseen[0], index, positive[0], negative[0])
            else:
                break
        inactive = self._concatenate(positive) == 0
        return inactive & (self._concatenate(negative) == 0), inactive

    @contextmanager
    def training_statistics(self) -> Iterator[None]:
        kept = [running.copy() for running in self._state.running]
        if self._run.batch_norm:
            self._reset_running()
            ends = np.cumsum(mini_batch_sizes(len(self._labels), self._rows))
            for number, index in enumerate(np.split(np.arange(ends[-1]), ends[:-1]), 1):
                mean = self._settings._replace(bn_momentum=np.float32(1 / number))  # of all chunks until now
                move_statistics(index, self._images, self._state, self._measuring, mean)
        yield
        for running, trained in zip(self._state.running, kept, strict=True):
            running[...] = trained

    def _reset_running(self) -> None:
        for running in self._state.running:
            running[0], running[1] = 0, 1

    def state_dict(self) -> dict[str, NDArray]:
        found = {name: parameter.value for name, parameter in self._parameters.items()}
        if self._run.batch_norm:
            for layer, (running, units) in enumerate(zip(self._state.running, self._run.hidden, strict=True)):
                found[f"layers.{layer}.norm.running_mean"] = running[0, :units]
                found[f"layers.{layer}.norm.running_var"] = running[1, :units]
                found[f"layers.{layer}.norm.num_batches_tracked"] = self._state.steps.reshape(())
        return found

    def state(self) -> dict[str, NDArray]:
        found = {f"running.{layer}": statistics for layer, statistics in enumerate(self._state.running)}
        for name, parameter in self._parameters.items():
            found |= {f"{name}.{part}": getattr(parameter, part) for part in ("value", "first_moment", "second_moment")}
        return found | {"steps": self._state.steps}

    def restore(self, state: Mapping[str, NDArray]) -> None:
        for name, array in self.state().items():
            array[...] = state[name]

    def _counts(self) -> tuple[NDArray, ...]:
        """Return a 0 for each unit of each layer, `[width]`."""
        return tuple(np.zeros(running.shape[1], np.float32) for running in self._state.running)

    def _concatenate(self, counts: Sequence[NDArray]) -> NDArray:
        """Return the counts of all units, `[units]`, layer after layer."""
        return np.concatenate([layer[:units] for layer, units in zip(counts, self._run.hidden, strict=True)])

    def _count_in_first_layer(self, units: NDArray, index: NDArray, positive: NDArray, negative: NDArray) -> None:
        """Add to the counts of these units of the first layer for the images `index`; compute no others."""
        width = _round_up(len(units), LANES)

        def choose(array: NDArray) -> NDArray:
            chosen = np.zeros((*array.shape[:-1], width), np.float32)
            chosen[..., : len(units)] = array[..., units]
            return chosen

        layer = LayerParameters(*(Parameter(*[choose(one.value)] * 4) for one in self._state.parameters.layers[0]))
        counts = choose(positive), choose(negative)
        running = choose(self._state.running[0])
        buffers, batch = self._measuring.layers[0], self._measuring.batch
        count_first_layer(index, self._images, batch, layer, running, buffers, self._settings, *counts)
        positive[units], negative[units] = (found[: len(units)] for found in counts)


@njit(**OPTIONS)
def _flush_denormals():
    flush_denormals()


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


def _training_state(arena: _Arena, inputs: int, hidden: Sequence[int]) -> TrainingState:
    """Return zeros for all that a training of a network with these sizes changes."""

    def parameter(*shape: int) -> Parameter:
        return Parameter(*(arena.take(*shape) for _ in Parameter._fields))

    layers = []
    for size, units in pairwise([inputs, *hidden]):
        width = _round_up(units, LANES)
        weight = parameter(_round_up(size, 4), width)
        layers.append(LayerParameters(weight, parameter(width), parameter(width), parameter(width)))
    parameters = Parameters(tuple(layers), parameter(CLASSES, width), parameter(_round_up(CLASSES, LANES)))
    running = tuple(arena.take(2, len(layer.bias.value)) for layer in layers)
    return TrainingState(parameters, running, np.zeros(1, np.int64))


def _by_name(parameters: Parameters, network: Mapping[str, NDArray]) -> dict[str, Parameter]:
    """Return views of the kernels' arrays with the names and shapes of `network`, as `initial_parameters` has them."""
    found = {"output.weight": parameters.output_weight, "output.bias": parameters.output_bias}
    for k, layer in enumerate(parameters.layers):
        found |= {
            f"layers.{k}.linear.weight": Parameter(*(array.T for array in layer.weight)),
            f"layers.{k}.linear.bias": layer.bias,
            f"layers.{k}.norm.weight": layer.gamma,
            f"layers.{k}.norm.bias": layer.beta,
        }
    return {
        name: Parameter(*(array[tuple(map(slice, values.shape))] for array in found[name]))
        for name, values in network.items()
    }


def _workspace(arena: _Arena, inputs: int, hidden: Sequence[int], size: int, images: CSR) -> Workspace:
    """Return room for mini-batches of up to `size` images."""
    size = _round_up(size, REGISTER_TILE)
    layers = []
    for before, units in pairwise([inputs, *hidden]):
        width = _round_up(units, LANES)
        buffers = (arena.take(width // LANES, size, LANES) for _ in range(3))
        # The gradient by the first layer's inputs is not needed.
        transposed = arena.take(_round_up(units, 4), _round_up(before, LANES)) if layers else arena.take(0, 0)
        layers.append(LayerBuffers(*buffers, arena.take(width), transposed))
    blocks, pairs = (_round_up(inputs, LANES) // LANES, 0) if len(images.dense) else (0, _round_up(inputs, 4) // 2)
    return Workspace(
        tuple(layers),
        arena.take(_round_up(size, LANES), CLASSES),
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


def _to_csr(pixels: NDArray[np.uint8], scaling: Scaling) -> CSR:
    """Return the images `pixels`, `[n, inputs]`, as the kernels take them."""
    inputs = scaling.inputs()
    if inputs[0]:
        return CSR(*(np.empty(0, dtype) for dtype in (np.int64, np.uint16, np.uint16, np.int64)), inputs, pixels)
    if pixels.shape[1] % 2:
        pixels = np.pad(pixels, ((0, 0), (0, 1)))
    pairs = np.ascontiguousarray(pixels).view("<u2")
    nonzero = pairs != 0
    indptr = np.concatenate([[0], np.cumsum(np.count_nonzero(nonzero, axis=1))])
    indices = np.broadcast_to(np.arange(pairs.shape[1], dtype=np.uint16), pairs.shape)[nonzero]
    columns = np.flatnonzero(nonzero.any(axis=0))
    return CSR(indptr, indices, pairs[nonzero].astype(np.uint16), columns, inputs, np.empty((0, 0), np.uint8))
