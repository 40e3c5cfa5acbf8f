"""A run: one network, trained once. What its parameters are, and what it is called."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from itertools import pairwise
from math import prod
from typing import Any

from dying_relu.datasets import DATASETS

CLASSES = 10
KERNEL, POOL = 3, 2  # rows and columns of a convolution's kernel, and of what pooling makes one of
LISTS = ("convolutions", "hidden")  # parameters whose values are lists

ACTIVATIONS = {"relu": "ReLU", "leaky_relu": "Leaky ReLU", "elu": "ELU", "gelu": "GELU"}
OPTIMIZERS = {"adam": "Adam", "sgd": "SGD"}
INITIALIZATIONS = {"he_normal": "He", "xavier_normal": "Xavier", "normal": "normal", "torch_default": "PyTorch's"}

# How a parameter reads in titles and legends, in the order in which it is named there.
PHRASES = {
    "batch_norm": lambda value: "BN" if value else "no BN",
    "activation": lambda value: ACTIVATIONS[value],
    "negative_slope": lambda value: f"slope {value:g}",
    "batch_size": lambda value: f"mini-batch {value}",
    "convolutions": lambda value: _widths(value) + " channels" if value else "no convolutions",
    "hidden": lambda value: _widths(value) + " hidden units",
    "optimizer": lambda value: OPTIMIZERS[value],
    "learning_rate": lambda value: f"learning rate {value:g}",
    "momentum": lambda value: f"momentum {value:g}",
    "epochs": lambda value: f"{value} epochs" if value > 1 else "1 epoch",
    "train_images": lambda value: f"{value:,} training images",
    "dataset": lambda value: DATASETS[value].title,
    "initialization": lambda value: f"{INITIALIZATIONS[value]} initialisation",
    "initial_deviation": lambda value: f"deviation {value:g}",
    "bias": lambda value: f"biases from {value:g}",
    "batch_norm_position": lambda value: f"BN {value.replace('_', ' ')}",
    "input_scaling": lambda value: f"{value.replace('_', ' ')} inputs",
}

# What the article has not varied: a run is described by it only where its value is another than the article's.
ARTICLE = {
    "dataset": "mnist",
    "convolutions": (),
    "hidden": (256,),
    "optimizer": "adam",
    "momentum": 0.0,
    "learning_rate": 0.001,
    "initialization": "he_normal",
    "initial_deviation": None,
    "bias": 0.0,
    "batch_norm_position": "before_activation",
    "input_scaling": "unit_interval",
}
# Of these, what is named even as the article's where runs have it in common.
ALWAYS_HELD = ("hidden", "optimizer", "learning_rate")


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
    def series(self) -> "Run":
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


def describe(run: Run) -> str:
    """A run in a few words: `BN, ReLU, mini-batch 100`, and what else differs from the article's."""
    keys = ["batch_norm", "activation", "negative_slope", "batch_size"]
    return ", ".join(_phrases(run, [*keys, *(key for key in ARTICLE if not _as_in_the_article(run, key))]))


def varied(runs: Sequence[Run]) -> list[str]:
    """The named parameters in which the runs differ (the seed is not one of them)."""
    return [key for key in PHRASES if len({getattr(run, key) for run in runs}) > 1]


def series_label(run: Run, keys: Sequence[str]) -> str:
    """What a curve is called in a legend: the phrases of the parameters `keys`, `no BN` only where it holds."""
    words = [word for word in _phrases(run, keys) if word != "BN"]
    # The slope says that the unit is leaky; the name of the function would only repeat it.
    if "negative_slope" in keys and run.negative_slope is not None:
        words.remove(ACTIVATIONS[run.activation])
    return ", ".join(words) or describe(run)


def named(run: Run, keys: Sequence[str]) -> str:
    """The phrases of the parameters `keys`, BN too."""
    return ", ".join(_phrases(run, keys))


def held_fixed(runs: Sequence[Run]) -> str:
    """What all the runs have in common, for a figure's title."""
    same = [
        key
        for key in PHRASES
        if key not in varied(runs) and (key in ALWAYS_HELD or not _as_in_the_article(runs[0], key))
    ]
    return ", ".join(_phrases(runs[0], same))


def _as_in_the_article(run: Run, key: str) -> bool:
    return getattr(run, key) == ARTICLE.get(key, object())


def _widths(hidden: Sequence[int]) -> str:
    """`256`, `64 + 32`, or, of equal layers, `4 x 256`."""
    if len(hidden) > 1 and len(set(hidden)) == 1:
        return f"{len(hidden)} x {hidden[0]}"
    return " + ".join(map(str, hidden))


def _phrases(run: Run, keys: Sequence[str]) -> list[str]:
    values = {key: getattr(run, key) for key in PHRASES if key in keys}
    return [PHRASES[key](value) for key, value in values.items() if value is not None]


# The parameters that runs.csv names, in its order.
TABLE = [
    "batch_norm",
    "activation",
    "negative_slope",
    "batch_size",
    "optimizer",
    "learning_rate",
    "hidden",
    "dataset",
    "epochs",
    "seed",
]
# And after the experiments, what the article has not varied.
FURTHER = [
    "momentum",
    "initialization",
    "initial_deviation",
    "bias",
    "batch_norm_position",
    "input_scaling",
    "train_images",
    "convolutions",
]
PARAMETERS = [field.name for field in fields(Run) if field.name not in ("name", "seed", "epochs")]


def table_row(run: Run, experiments: Sequence[str]) -> dict[str, Any]:
    """The run's row in `runs.csv`: widths joined by `-`, experiments by `;`."""
    joined = {key: "-".join(map(str, getattr(run, key))) for key in LISTS}
    values = run.parameters() | joined | {"run": run.name, "experiments": ";".join(experiments)}
    return {key: values[key] for key in ["run", *TABLE, "experiments", *FURTHER]}
