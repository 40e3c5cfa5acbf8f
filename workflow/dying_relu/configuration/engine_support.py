"""What the compiled engine supports: the configuration refuses by it, and `engine.choose` falls back by it."""

from collections.abc import Mapping
from typing import Any

from dying_relu.configuration.run import Run

# Per parameter of a run: the supported values in words, and a test for them.
COVERED = {
    "convolutions": ("networks without convolutions", lambda channels: not channels),
    "weight_decay": ("0", lambda share: share == 0),
    "gradient_clip": ("null", lambda norm: norm is None),
    "batch_norm_position": ("before_activation", lambda name: name == "before_activation"),
}


def compiled_kind(run: Run) -> str | None:
    """Name what the compiled engine compiles for runs like `run`, as `adam-1`; None where it does not support them.

    By its optimiser and its number of hidden layers: what else differs is data to the compiled code.
    """
    return None if not_covered(run.parameters()) else f"{run.optimizer}-{len(run.hidden)}"


def not_covered(parameters: Mapping[str, Any]) -> dict[str, str]:
    """The parameters of a run that the compiled engine does not support, each with its supported values in words.

    `parameters` as `Run.parameters` gives them; without any result, the engine supports the run.
    """
    return {key: words for key, (words, takes) in COVERED.items() if not takes(parameters[key])}
