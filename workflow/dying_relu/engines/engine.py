"""What an engine does, and which one trains a run."""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import torch
from numpy.typing import NDArray
from torch import Tensor

from dying_relu.configuration.engine_support import not_covered
from dying_relu.configuration.run import Run
from dying_relu.engines.torch_engine import TorchEngine
from dying_relu.measurements.evaluation import TestResult
from dying_relu.model.network import Network

log = logging.getLogger(__name__)


class Engine(Protocol):
    """Trains and tests a network in place. After each call of `train` the network's tensors are up to date."""

    network: Network

    def __init__(self, run: Run, network: Network, pixels: Tensor, labels: Tensor) -> None:
        """`pixels` (uint8 `[n, inputs]`) and `labels` (int64 `[n]`) are the training images."""
        ...

    def train(self, batches: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """Take one optimiser step per mini-batch of `batches`, each int64 `[size]`: indices of training images.

        Returns the mean loss in nats (float32 `[batches]`, possibly infinite or NaN) and the number of correctly
        classified images (int64 `[batches]`) of each mini-batch before its step.
        """
        ...

    def gradient(self, layer: int = 0) -> Tensor:
        """Return the gradient of the last mini-batch's loss by `network.layers[layer].weight`, `[units, inputs]`."""
        ...

    def tester(self, pixels: Tensor, labels: Tensor) -> Callable[[], TestResult]:
        """Return a function that tests the network on `pixels` (uint8 `[n, inputs]`) and `labels` (int64 `[n]`).

        `evaluation.evaluate` defines its result; mini-batches have the training's size.
        """
        ...

    def state(self) -> dict[str, NDArray]:
        """Return what further training depends on: weights, running statistics, the optimiser's moments and steps.

        The arrays may share the engine's memory, so the next step may change them.
        """
        ...

    def restore(self, state: Mapping[str, NDArray]) -> None:
        """Restore what `state` returned, bit for bit; other arrays in `state` are ignored."""
        ...


def choose(name: str, run: Run) -> type[Engine]:
    """Return the engine class called `name`: `torch`, `numba`, or `auto` for the fastest that works here.

    `auto` logs a warning where it falls back to the plain engine. `numba` raises ValueError where the fast engine does
    not support `run`, ImportError where Numba is missing, and RuntimeError where Numba finds no folder for its cache.
    """
    if name == "torch":
        return TorchEngine
    try:
        if limits := not_covered(run.parameters()):
            raise ValueError(f"the fast engine takes {' and '.join(limits.values())} only")
        from dying_relu.engines.numba_engine import NumbaEngine
    except (ImportError, RuntimeError, ValueError) as reason:
        if name == "numba":
            raise
        log.warning("%s: %s; training with the plain torch engine, which is slower", run.name, reason)
        return TorchEngine
    return NumbaEngine


def prepare_torch(threads: int) -> None:
    """Set torch's number of threads and treat denormal numbers as 0; to be called before any other work of torch.

    Results depend on the number of threads, so the machine must not choose it. Adam's moments for rarely lit pixels
    decay into denormals, whose slow arithmetic takes up to a third of the time with small mini-batches.
    """
    torch.set_num_threads(threads)
    torch.set_num_interop_threads(1)
    torch.set_flush_denormal(True)
