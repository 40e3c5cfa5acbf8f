"""A run: one network, trained once. What its parameters are, and what it is called."""

from dataclasses import asdict, dataclass, fields, replace
from itertools import pairwise
from math import prod
from typing import Any

from dying_relu.data.datasets import DATASETS

CLASSES = 10
KERNEL, POOL = 3, 2  # rows and columns of a convolution's kernel, and of what pooling makes one of
LISTS = ("convolutions", "hidden")  # parameters whose values are lists


@dataclass(frozen=True)
class Run:
    """One validated run of the configuration.

    The fields are those of `run` in the configuration's schema, where their meaning and bounds
    stand, with `epochs` (from 1), `seed` and `name`. The name is unique among all runs that
    differ in any parameter, so that results of different configurations never overwrite each
    other; see `run_name`.
    """

    name: str
    seed: int
    epochs: int
    dataset: str
    train_images: int
    input_scaling: str
    convolutions: tuple[int, ...]
    hidden: tuple[int, ...]
    activation: str
    negative_slope: float | None
    batch_norm: bool
    batch_norm_position: str
    batch_norm_epsilon: float
    batch_norm_momentum: float
    initialization: str
    initial_deviation: float | None
    bias: float
    loss: str
    batch_size: int
    optimizer: str
    learning_rate: float
    momentum: float
    beta1: float
    beta2: float
    epsilon: float

    @property
    def steps_per_epoch(self) -> int:
        """Mini-batches in an epoch; the last one is smaller where the batch size does not divide."""
        return -(-self.train_images // self.batch_size)

    @property
    def steps(self) -> int:
        """Mini-batches in the whole training."""
        return self.epochs * self.steps_per_epoch

    @property
    def without_seed(self) -> "Run":
        """What runs that differ in nothing but their seed have in common, as a run without seed and name."""
        return replace(self, name="", seed=0)

    @property
    def widths(self) -> tuple[int, ...]:
        """Units of every hidden layer: the channels of the convolutional ones, then the others."""
        return (*self.convolutions, *self.hidden)

    @property
    def shapes(self) -> list[tuple[int, int, int]]:
        """Channels, rows and columns of an image, and of what each convolutional layer makes of it."""
        shapes = [DATASETS[self.dataset].shape]
        for channels in self.convolutions:
            _, rows, columns = shapes[-1]
            shapes.append((channels, rows // POOL, columns // POOL))
        return shapes

    @property
    def linear_maps(self) -> list[tuple[int, int]]:
        """Of every layer its weights, without biases, and at how many positions of an image they are applied."""
        convolutions = [
            (before[0] * KERNEL**2 * after[0], before[1] * before[2]) for before, after in pairwise(self.shapes)
        ]
        sizes = [prod(self.shapes[-1]), *self.hidden, CLASSES]
        return convolutions + [(inputs * width, 1) for inputs, width in pairwise(sizes)]

    @property
    def weights(self) -> int:
        """Weights of all layers, without biases."""
        return sum(weights for weights, _ in self.linear_maps)

    @property
    def estimated_seconds(self) -> float:
        """Roughly what the training takes on one core: a share per step, and one per image.

        Measured with the plain engine on one AVX-512 core for the article's network, and taken in
        proportion for larger ones; good enough to start the longest run first and to ask a cluster
        for time.
        """
        times_larger = sum(map(prod, self.linear_maps)) / (784 * 256 + 256 * 10)
        return self.steps * (0.6e-3 + 1.1e-5 * self.batch_size) * max(1, times_larger)

    @property
    def estimated_megabytes(self) -> int:
        """Memory that is enough for the training: a share for PyTorch and the images, and one per weight.

        Both leave room over what docs/benchmark.md says of growth: the share per weight is twice that. Of convolutional
        layers, what a thousand images give at all positions is there several times when they are measured.
        """
        positions = sum(
            channels * prod(seen[1:]) for seen, channels in zip(self.shapes[:-1], self.convolutions, strict=True)
        )
        dataset = DATASETS[self.dataset]
        images = (
            4e-6 * dataset.train_images * dataset.pixels
        )  # as they are read and unpacked, they are there some times
        return round(1252 + images + 300e-6 * self.weights + 0.03 * positions)

    def parameters(self) -> dict[str, Any]:
        """All fields as plain values, from which `from_parameters` makes an equal run."""
        return asdict(self) | {key: list(getattr(self, key)) for key in LISTS}

    @classmethod
    def from_parameters(cls, parameters: dict[str, Any]) -> "Run":
        """The run that `parameters` describes. Raises TypeError for a missing or unknown field."""
        return cls(**(dict(parameters) | {key: tuple(parameters[key]) for key in LISTS}))


def run_name(parameters: dict[str, Any], defaults: dict[str, Any]) -> str:
    """A name that tells two runs apart wherever any parameter differs, such as `bn-relu-b100-s20170523`.

    BN, activation (with its slope), batch size and seed are always named; every other parameter
    only where it differs from `defaults`, the article's value.
    """
    slope = parameters["negative_slope"]
    always = ["bn" if parameters["batch_norm"] else "nobn"]
    always.append(parameters["activation"].removesuffix("_relu") + ("" if slope is None else str(slope)))
    always.append(f"b{parameters['batch_size']}")
    named = {"batch_norm", "activation", "negative_slope", "batch_size", "seed"}
    others = [
        f"{key}{_compact(value)}" for key, value in parameters.items() if key not in named and value != defaults[key]
    ]
    return "-".join([*always, *others, f"s{parameters['seed']}"])


def _compact(value: Any) -> str:
    return "x".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


PARAMETERS = [field.name for field in fields(Run) if field.name not in ("name", "seed", "epochs")]
