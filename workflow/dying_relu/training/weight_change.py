"""dW of the hidden layers, as `dw` in the configuration defines it."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dying_relu.engines.engine import Engine
from dying_relu.training.checkpoints import Arrays


class WeightChange:
    """dW of the hidden layers: `gradient` (of the last mini-batch's loss) or `update` (since the previous frame)."""

    def __init__(self, engine: Engine, kind: str) -> None:
        self._engine = engine
        self._previous = [weight.clone() for weight in self._weights()] if kind == "update" else []

    def now(self) -> list[NDArray[np.float32]]:
        """Return dW of each layer, `[units, inputs]`."""
        if not self._previous:
            return [self._engine.gradient(layer).numpy() for layer in range(len(self._weights()))]
        return [(now - before).numpy() for now, before in zip(self._weights(), self._previous, strict=True)]

    def frame_taken(self) -> None:
        """Count later updates from here."""
        self._copy(self._weights())

    def state(self) -> Arrays:
        """Return what `restore` needs to resume."""
        return {f"previous.{layer}": weights.numpy() for layer, weights in enumerate(self._previous)}

    def restore(self, state: Arrays) -> None:
        """Restore what `state` returned; other arrays in `state` are ignored."""
        self._copy([torch.from_numpy(state[f"previous.{layer}"]) for layer in range(len(self._previous))])

    def _copy(self, weights: list[Tensor]) -> None:
        for kept, new in zip(self._previous, weights, strict=False):  # Without `update`, none are kept.
            kept.copy_(new)

    def _weights(self) -> list[Tensor]:
        return [layer.weight.detach() for layer in self._engine.network.layers]
