"""dW of the hidden layers, by the definition that the configuration asks for."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dying_relu.engines.engine import Engine
from dying_relu.training.checkpoints import Arrays


class WeightChange:
    """dW of the hidden layers, by the definition that the configuration asks for."""

    def __init__(self, engine: Engine, kind: str) -> None:
        """`kind`: `gradient` (of the last mini-batch's loss) or `update` (since the last frame)."""
        self._engine = engine
        self._previous = self._copied() if kind == "update" else None

    def now(self) -> list[NDArray[np.float32]]:
        """dW of each layer at this moment, `[width, inputs]`."""
        weights = self._weights()
        if self._previous is None:
            return [self._engine.gradient(layer).numpy() for layer in range(len(weights))]
        return [(now - before).numpy() for now, before in zip(weights, self._previous, strict=True)]

    def frame_taken(self) -> None:
        """Let later updates count from here."""
        if self._previous is not None:
            self._previous = self._copied()

    def state(self) -> Arrays:
        """What `restore` needs to go on as if nothing had happened."""
        return {f"previous.{layer}": weights.numpy() for layer, weights in enumerate(self._previous or [])}

    def restore(self, state: Arrays) -> None:
        """Go on from a `state`, among other arrays."""
        for layer, weights in enumerate(self._previous or []):
            weights.copy_(torch.from_numpy(state[f"previous.{layer}"]))

    def _copied(self) -> list[Tensor]:
        return [weight.clone() for weight in self._weights()]

    def _weights(self) -> list[Tensor]:
        return [layer.weight.detach() for layer in self._engine.network.layers]
