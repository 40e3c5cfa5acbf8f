"""A run: one network, trained once."""

from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from itertools import pairwise
from math import log, prod
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from dying_relu.configuration.errors import raise_problems
from dying_relu.configuration.parameters import Epochs, Label, Parameters
from dying_relu.data.datasets import DATASETS

CLASSES = 10
KERNEL, POOL = 3, 2  # rows and columns of a convolution's kernel, and of a pooling window
LONGEST_NAME = 200  # characters; file systems take 255 bytes, and suffixes stand behind the name

Seed = Annotated[int, Field(ge=0, le=2**63 - 1)]


class Run(Parameters):
    """One run: its parameters, its epochs and its seed; hashable, and valid as a whole.

    Raises pydantic's ValidationError for a value out of bounds, and for values that do not go together.
    """

    epochs: Epochs
    seed: Seed

    @property
    def name(self) -> str:
        """A name, such as `bn-relu-b100-s20170523`, that tells runs apart wherever any parameter differs."""
        return _name(self)

    def with_seed(self, seed: int) -> Self:
        """The same run from another seed."""
        return self.model_copy(update={"seed": seed})

    @property
    def without_seed(self) -> Self:
        """What runs that differ in nothing but their seed have in common, as a run from seed 0."""
        return self.with_seed(0)

    @property
    def steps_per_epoch(self) -> int:
        """Mini-batches in an epoch; the last one is smaller where the batch size does not divide."""
        return -(-self.train_images // self.batch_size)

    @property
    def steps(self) -> int:
        """Mini-batches in the whole training."""
        return self.epochs * self.steps_per_epoch

    @property
    def widths(self) -> tuple[int, ...]:
        """Units of every hidden layer: the channels of the convolutional ones, then the others."""
        return (*self.convolutions, *self.hidden)

    @property
    def shapes(self) -> list[tuple[int, int, int]]:
        """Channels, rows and columns of an image, and of the output of each convolutional layer."""
        shapes = [DATASETS[self.dataset].shape]
        for channels in self.convolutions:
            _, rows, columns = shapes[-1]
            shapes.append((channels, rows // POOL, columns // POOL))
        return shapes

    @property
    def linear_maps(self) -> list[tuple[int, int]]:
        """Per layer, its weights without biases, and the positions of an image that they are applied to."""
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
        """Rough duration of the training on one core: a share per step, and one per image.

        Measured with the plain engine on one AVX-512 core for the article's network, and scaled by the multiplications
        of larger ones; good enough to start the longest run first and to ask a cluster for time.
        """
        times_larger = sum(map(prod, self.linear_maps)) / (784 * 256 + 256 * 10)
        return self.steps * (0.6e-3 + 1.1e-5 * self.batch_size) * max(1, times_larger)

    @property
    def estimated_megabytes(self) -> int:
        """Memory that the training needs at most: a share for PyTorch, one per image, weight and convolved position.

        Each leaves room over the growth in docs/benchmark.md: the share per weight is twice that. The evaluation holds
        several copies of a thousand images' outputs at all positions of the convolutional layers.
        """
        positions = sum(
            channels * prod(seen[1:]) for seen, channels in zip(self.shapes[:-1], self.convolutions, strict=True)
        )
        dataset = DATASETS[self.dataset]
        images = 4e-6 * dataset.train_images * dataset.pixels  # several copies, from the file to the tensor
        return round(1252 + images + 300e-6 * self.weights + 0.03 * positions)

    def parameters(self) -> dict[str, Any]:
        """All fields and the name as plain JSON values, from which `from_parameters` makes an equal run."""
        return {"name": self.name, **self.model_dump(mode="json")}

    @classmethod
    def from_parameters(cls, parameters: dict[str, Any]) -> Self:
        """The run that `parameters` describes. Raises pydantic's ValidationError for an unknown field."""
        return cls.model_validate({key: value for key, value in parameters.items() if key != "name"})

    @model_validator(mode="after")
    def _check_together(self) -> Self:
        raise_problems(_conflicts(self))
        return self


PARAMETERS = tuple(Parameters.model_fields)
# The article's value of every parameter; names and labels tell what differs.
ARTICLE = {key: field.default for key, field in Run.model_fields.items() if key != "seed"}
LISTS = tuple(key for key, value in ARTICLE.items() if isinstance(value, tuple))
LABELS = {
    key: next((one for one in Run.model_fields[key].metadata if isinstance(one, Label)), Label()) for key in ARTICLE
}
LABELS = dict(sorted(LABELS.items(), key=lambda pair: pair[1].order))
_PLACES = {"run": 0, "seed": 10, "experiments": 11} | {key: LABELS[key].column for key in ARTICLE}
RUN_COLUMNS = sorted(_PLACES, key=_PLACES.__getitem__)  # of runs.csv


@cache
def _name(run: Run) -> str:
    """`bn-relu-b100`, then every other parameter that is not the article's, then the seed.

    Of a name that would be too long, a digest takes the place of the last differences.
    """
    first = "".join(
        label.short(value) for key, label in LABELS.items() if label.short and (value := getattr(run, key)) is not None
    )
    others = [
        f"{key}{'x'.join(map(str, value)) if key in LISTS else value}"
        for key in ARTICLE
        if not LABELS[key].short and (value := getattr(run, key)) != ARTICLE[key]
    ]
    seed = f"s{run.seed}"
    name = "-".join([first, *others, seed])
    if len(name) <= LONGEST_NAME:
        return name
    digest = sha256("-".join(others).encode()).hexdigest()[:16]
    while len(name := "-".join([first, *others, digest, seed])) > LONGEST_NAME:
        others.pop()
    return name


def _conflicts(run: Run) -> Iterator[tuple[str, Any, str]]:
    """Parameters that do not go together: each key with the value that was found and what is allowed."""
    slope, size, images = run.negative_slope, run.batch_size, run.train_images
    if run.activation == "leaky_relu" and slope is None:
        yield "negative_slope", slope, "a number from 0 to 1, since activation is leaky_relu"
    if run.activation != "leaky_relu" and slope is not None:
        yield "negative_slope", slope, f"null, since activation is {run.activation}, which has no slope"
    if run.momentum and run.optimizer != "sgd":
        yield "momentum", run.momentum, f"0, since optimizer is {run.optimizer}"
    if run.weight_decay and run.optimizer != "adam":
        yield "weight_decay", run.weight_decay, f"0, since optimizer is {run.optimizer}"
    if (run.initialization == "normal") != (run.initial_deviation is not None):
        allowed = "a number above 0" if run.initialization == "normal" else "null"
        yield "initial_deviation", run.initial_deviation, f"{allowed}, since initialization is {run.initialization}"
    if run.initialization == "torch_default" and run.bias:
        yield "bias", run.bias, "0, since initialization is torch_default, which draws biases"
    if run.batch_norm_position == "after_activation" and not run.batch_norm:
        yield "batch_norm_position", run.batch_norm_position, "before_activation, since batch_norm is off"
    dataset = DATASETS[run.dataset]
    if images > dataset.train_images:
        yield "train_images", images, f"at most {dataset.train_images}, since dataset is {run.dataset}"
    most = int(log(min(dataset.shape[1:]), POOL))
    if len(run.convolutions) > most:
        pixels = f"{dataset.shape[1]} x {dataset.shape[2]} pixels"
        allowed = f"at most {most} layers, since each halves the images, and these have {pixels}"
        yield "convolutions", list(run.convolutions), allowed
    if size > images:
        yield "batch_size", size, f"at most {images}, the number of training images"
    elif run.batch_norm and size == 1:
        yield "batch_size", size, "at least 2, since batch_norm is on and one image has no variance"
    elif run.batch_norm and images % size == 1:
        allowed = "a size that does not leave a last mini-batch of one image, since batch_norm is on"
        yield "batch_size", size, f"{allowed} ({images} = {images // size} x {size} + 1)"
