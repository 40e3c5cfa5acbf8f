"""What the fast engine covers. The configuration refuses by it, and `engine.choose` falls back by it."""

from collections.abc import Mapping
from typing import Any

# A parameter of a run: what the fast engine takes, in words, and whether a value is that.
COVERED = {
    "convolutions": ("networks without convolutions", lambda channels: not channels),
    "activation": ("relu and leaky_relu", lambda name: name in ("relu", "leaky_relu")),
    "batch_norm_position": ("before_activation", lambda name: name == "before_activation"),
    "optimizer": ("adam", lambda name: name == "adam"),
}


def not_covered(parameters: Mapping[str, Any]) -> dict[str, str]:
    """The parameters of a run whose values the fast engine does not take, each with what it takes, in words.

    `parameters` are those of the configuration's `run`; an empty answer means that the run is covered.
    """
    return {key: words for key, (words, takes) in COVERED.items() if not takes(parameters[key])}
