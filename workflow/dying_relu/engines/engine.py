"""Engines: what takes a network through mini-batches, to train and to test it. There are two; one place chooses."""

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
    """Trains and tests a network in place. Between two calls of `train` the network's weights are current."""

    network: Network

    def __init__(self, run: Run, network: Network, pixels: Tensor, labels: Tensor) -> None:
        """`pixels` uint8 `[n, inputs]`, `labels` int64 `[n]`: the images that indices point into."""
        ...

    def train(self, batches: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """One optimiser step per mini-batch of `batches`, each int64 `[size]` of image indices.

        Returns, per mini-batch and as they were before its step, the mean loss in nats (float32)
        and the number of correctly classified images (int64). The values of the loss may be
        infinite or NaN: to judge them is the caller's business.
        """
        ...

    def gradient(self, layer: int = 0) -> Tensor:
        """The gradient of the last mini-batch's mean loss by the weights of a hidden layer, `[units, inputs]`.

        `layer` is its index in `network.layers`, and its weights those of `Layer.weight`.
        """
        ...

    def tester(self, pixels: Tensor, labels: Tensor) -> Callable[[], TestResult]:
        """What tests the network, as it then is, on `pixels` (uint8 `[n, inputs]`) and `labels` (int64 `[n]`).

        The definition is `measure.evaluate`, with mini-batches of the training's size.
        """
        ...

    def state(self) -> dict[str, NDArray]:
        """Everything that the further training depends on: weights, running statistics, and Adam's averages and steps.

        The arrays may be the engine's own memory, so that they are true only until the next step.
        """
        ...

    def restore(self, state: Mapping[str, NDArray]) -> None:
        """Go on from what `state` has returned, bit for bit; further arrays in `state` are not looked at."""
        ...


def choose(name: str, run: Run) -> type[Engine]:
    """The engine for `run` that the configuration names: `torch`, `numba`, or `auto`, the fastest that can train it.

    Where `auto` has to do without the fast engine it says so, once, as a warning. For `numba`
    raises ValueError where it does not cover the run, and ImportError where Numba is missing.
    """
    if name == "torch":
        return TorchEngine
    try:
        if limits := not_covered(run.parameters()):
            raise ValueError(f"the fast engine takes {' and '.join(limits.values())} only")
        from dying_relu.engines.numba_engine import NumbaEngine
    except (ImportError, ValueError) as reason:
        if name == "numba":
            raise
        log.warning("%s: %s; training with the plain torch engine, which is slower", run.name, reason)
        return TorchEngine
    return NumbaEngine


def prepare_torch(threads: int) -> None:
    """Make torch use `threads` threads, and treat denormal numbers as zero. To be called before any work.

    Results would otherwise depend on the machine's number of cores. Adam's averages of rarely lit
    pixels decay into denormals, whose slow arithmetic costs up to a third of the time at small
    mini-batches.
    """
    torch.set_num_threads(threads)
    torch.set_num_interop_threads(1)
    torch.set_flush_denormal(True)
