"""Trained networks in safetensors files, and back as PyTorch's modules."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from numpy.typing import NDArray
from safetensors import safe_open
from safetensors.numpy import save_file

from dying_relu.configuration.run import Run
from dying_relu.data.images import Scaling

if TYPE_CHECKING:
    from dying_relu.model.network import Network


def save_network(path: Path, run: Run, scaling: Scaling, state_dict: Mapping[str, NDArray]) -> None:
    """Write the `state_dict` of a `Network`; its metadata `run` is JSON: the run's parameters, and `scaling`.

    One entry of metadata, since the library writes several in an order that changes from file to file.
    """
    described = json.dumps(run.parameters() | {"scaling": asdict(scaling)})
    contiguous = {name: array.copy(order="C") for name, array in state_dict.items()}
    save_file(contiguous, path, {"run": described})


def load_network(path: str | Path) -> "Network":
    """Return the network of a file that `save_network` wrote, in evaluation mode.

    It maps inputs, float32 `[batch, inputs]`, to logits; `network.to_inputs(pixels, network.scaling)` makes inputs of
    pixels. Raises FileNotFoundError, and SafetensorError for a file of another format.
    """
    from safetensors.torch import load_file

    from dying_relu.model.network import Network

    with safe_open(path, framework="numpy") as file:
        parameters = json.loads(file.metadata()["run"])
    scaling = Scaling(**parameters.pop("scaling"))
    run = Run.from_parameters(parameters)
    network = Network(run, math.prod(run.shapes[0]), scaling)
    network.load_state_dict(load_file(path))
    return network.eval()
