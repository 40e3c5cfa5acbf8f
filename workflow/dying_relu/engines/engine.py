"""What an engine does, and which one trains a run."""

import logging
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from numpy.typing import NDArray

from dying_relu.configuration.engine_support import not_covered
from dying_relu.configuration.run import Run
from dying_relu.data.images import Images, Scaling
from dying_relu.measurements.results import TestResult

log = logging.getLogger(__name__)


class Engine(Protocol):
    """Trains, tests and measures the network of a run, which starts from `model.initialization`.

    An engine sets how its process treats denormal numbers: as 0. Adam's moments for rarely lit pixels decay into them,
    whose slow arithmetic takes up to a third of the time with small mini-batches.
    """

    scaling: Scaling  # how the network's inputs are made of pixels

    @classmethod
    def compile(cls, run: Run) -> None:
        """Compile, and keep for other processes, what trainings of runs like `run` need; if the engine compiles."""
        ...

    def __init__(self, run: Run, images: Images, threads: int = 1) -> None:
        """`threads`: on which results may depend, so that the machine must not choose it."""
        ...

    def train(self, batches: Sequence[NDArray]) -> tuple[NDArray, NDArray]:
        """Take one optimiser step per mini-batch of `batches`, each int64 `[size]`: indices of training images.

        Returns the mean loss in nats (float32 `[batches]`, possibly infinite or NaN) and the number of correctly
        classified images (int64 `[batches]`) of each mini-batch before its step.
        """
        ...

    def gradient(self, layer: int = 0) -> NDArray:
        """Return the gradient of the last mini-batch's loss by a hidden layer's weights, float32 `[units, inputs]`."""
        ...

    def test(self) -> TestResult:
        """Test the network on the test images, in mini-batches of the training's size, in `order_of_test_images`."""
        ...

    def train_accuracy(self) -> float:
        """Return the share of the training images that the network classifies correctly, with running statistics."""
        ...

    def dead_and_inactive_units(self) -> tuple[NDArray, NDArray]:
        """Return which units are dead and which are inactive on the training images, with BN's running statistics.

        Dead: the unit's output is exactly 0 for every image. Inactive: its pre-activation is above 0 for no image. For
        a channel, that is at every position of every image. Returns two bool `[units]`, layer after layer.
        """
        ...

    def training_statistics(self) -> AbstractContextManager[None]:
        """Within it, BN has the statistics of the training images, means over chunks of them, for its running ones.

        Running statistics say little in the first steps, and nothing before them.
        """
        ...

    def state_dict(self) -> dict[str, NDArray]:
        """Return the network's parameters and BN's statistics, with the names and shapes of `network.Network`'s.

        The arrays share the engine's memory: the next step changes them, and who writes to them changes the network.
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
    Only the plain engine imports PyTorch, which takes longer than a short training.
    """
    if name != "torch":
        try:
            if limits := not_covered(run.parameters()):
                raise ValueError(f"the fast engine takes {' and '.join(limits.values())} only")
            from dying_relu.engines.numba_engine import NumbaEngine

            return NumbaEngine
        except (ImportError, RuntimeError, ValueError) as reason:
            if name == "numba":
                raise
            log.warning("%s: %s; training with the plain torch engine, which is slower", run.name, reason)
    from dying_relu.engines.torch_engine import TorchEngine

    return TorchEngine
