"""The parameters that a network starts from."""

import math
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from dying_relu.configuration.run import CLASSES, KERNEL, Run
from dying_relu.model.seeding import WEIGHTS, generator

Floats = NDArray[np.float32]


def initial_parameters(run: Run, inputs: int) -> dict[str, Floats]:
    """Return the parameters of a `network.Network` of `run` for images of `inputs` pixels, by their names there.

    Weights are drawn by `run.initialization`, layer by layer from the first. he_normal: variance 2 / inputs (He et al.
    2015, equation 10). xavier_normal: variance 2 / (inputs + outputs) (Glorot and Bengio 2010, equation 12).
    torch_default: uniform in +-1 / sqrt(inputs), biases too, as `nn.Linear`. Other biases are `run.bias`; where BN
    stands before the activation, its shift takes the place of its layer's bias.
    """
    source = generator(run.seed, WEIGHTS)
    shift = run.batch_norm and run.batch_norm_position == "before_activation"
    *hidden, output = _weight_shapes(run, inputs)
    parameters: dict[str, Floats] = {}

    def initialize(name: str, shape: tuple[int, ...], bias: bool) -> None:
        parameters[f"{name}.weight"] = _draw(run, shape, source)
        if bias:
            drawn = run.initialization == "torch_default"
            parameters[f"{name}.bias"] = (
                _uniform(shape, shape[:1], source) if drawn else np.full(shape[:1], run.bias, np.float32)
            )

    for layer, shape in enumerate(hidden):
        initialize(f"layers.{layer}.linear", shape, bias=not shift)
        if run.batch_norm:
            parameters[f"layers.{layer}.norm.weight"] = np.ones(shape[:1], np.float32)
            parameters[f"layers.{layer}.norm.bias"] = np.full(shape[:1], run.bias if shift else 0, np.float32)
    initialize("output", output, bias=True)
    return parameters


def _weight_shapes(run: Run, inputs: int) -> list[tuple[int, ...]]:
    """Return the shape of each layer's weights: units or channels, then the inputs or the kernel of one."""
    kernels = [(after[0], before[0], KERNEL, KERNEL) for before, after in pairwise(run.shapes)]
    sizes = [math.prod(run.shapes[-1]) if run.convolutions else inputs, *run.hidden, CLASSES]
    return kernels + [(outputs, inputs) for inputs, outputs in pairwise(sizes)]


def _draw(run: Run, shape: tuple[int, ...], source: np.random.Generator) -> Floats:
    """Return weights of this shape."""
    inputs, outputs = math.prod(shape[1:]), shape[0] * math.prod(shape[2:])
    match run.initialization:
        case "he_normal":
            std = math.sqrt(2 / inputs)
        case "xavier_normal":
            std = math.sqrt(2 / (inputs + outputs))
        case "normal":
            std = run.initial_deviation
        case "torch_default":
            return _uniform(shape, shape, source)
    return np.float32(std) * source.standard_normal(shape, np.float32)


def _uniform(weight: tuple[int, ...], shape: tuple[int, ...], source: np.random.Generator) -> Floats:
    """Return an array of `shape`, uniform in +-1 / sqrt(inputs), beside weights of the shape `weight`."""
    bound = 1 / math.sqrt(math.prod(weight[1:]))
    return source.uniform(-bound, bound, shape).astype(np.float32)
