"""The parameters of a run. Each is declared once: type, bounds, default, description, and how it reads in labels.

Everything else follows: the schema, checks, names of runs, titles, legends and `runs.csv`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field

from dying_relu.configuration.coerce import Section
from dying_relu.data.datasets import DATASETS

LAST = 100


@dataclass(frozen=True)
class Label:
    """How a parameter reads in labels, and where it stands in them. A parameter without one has `Label()`.

    Parameters
    ----------
    phrase
        Turns a value into words, by default `<parameter> <value>`; a float comes as text with all its digits.
    order, column
        Position among the phrases of a label, and among the columns of `runs.csv` (where `run` has 0, `seed` 10 and
        `experiments` 11); by default behind the others, as declared.
    always
        Whether labels name it always; otherwise only where its value is not the article's.
    held
        Whether titles name it among what is held fixed, even with the article's value.
    short
        Turns a value into a piece of the first part of a run's name. Without it, the name has `<parameter><value>`
        where the value is not the article's.
    """

    phrase: Callable[[Any], str] | None = None
    order: int = LAST
    column: int = LAST
    always: bool = False
    held: bool = False
    short: Callable[[Any], str] | None = None

    def words(self, key: str, value: Any) -> str:
        """The phrase for the value of the parameter `key`."""
        if isinstance(value, float):
            short = f"{value:g}"
            value = short if float(short) == value else repr(value)
        return self.phrase(value) if self.phrase else f"{key.replace('_', ' ')} {value}"


def _widths(layers: tuple[int, ...]) -> str:
    """`256`, `64 + 32`, or, of equal layers, `4 x 256`."""
    if len(layers) > 1 and len(set(layers)) == 1:
        return f"{len(layers)} x {layers[0]}"
    return " + ".join(map(str, layers))


ACTIVATIONS = {"relu": "ReLU", "leaky_relu": "Leaky ReLU", "elu": "ELU", "gelu": "GELU", "silu": "SiLU"}
INITIALIZATIONS = {"he_normal": "He", "xavier_normal": "Xavier", "normal": "normal", "torch_default": "PyTorch's"}

# All runs share it, so it stands beside `run` in the configuration.
Epochs = Annotated[
    int,
    Field(default=100, ge=1, le=100_000, description="Passes over the training images."),
    Label(lambda epochs: f"{epochs} epochs" if epochs > 1 else "1 epoch", order=10, column=9, held=True),
]


class Parameters(Section):
    """The parameters of a run; the defaults are the article's."""

    dataset: Annotated[
        Literal["mnist", "fashion_mnist", "kmnist", "cifar10"],
        Label(lambda name: DATASETS[name].title, order=12, column=8),
    ] = "mnist"
    """The data set, of ten classes. mnist, fashion_mnist (clothes) and kmnist (cursive Japanese characters) have 60,000
    training images of 28 x 28 gray pixels; cifar10 (animals and vehicles) has 50,000 of 32 x 32 coloured pixels."""

    train_images: Annotated[
        int, Field(ge=1, le=60_000), Label("{:,} training images".format, order=11, column=18, held=True)
    ] = 60_000
    """Number of training images, counted from the first; at most 50,000 of cifar10."""

    input_scaling: Annotated[
        Literal["unit_interval", "standardized"],
        Label(lambda name: f"{name.replace('_', ' ')} inputs", order=17, column=17),
    ] = "unit_interval"
    """How pixels become inputs. unit_interval: pixel / 255. standardized: this minus its mean, divided by its standard
    deviation, both over all pixels of the training images in use."""

    convolutions: Annotated[
        tuple[Annotated[int, Field(ge=1, le=4096)], ...],
        Field(max_length=8, strict=False),  # a list
        Label(lambda channels: f"{_widths(channels)} channels" if channels else "no convolutions", order=5, column=19),
    ] = ()
    """Channels of the convolutional layers in front of the fully connected ones. Each layer has 3 x 3 kernels, batch
    normalisation and activation as the other layers, and 2 x 2 max pooling."""

    hidden: Annotated[
        tuple[Annotated[int, Field(ge=1, le=65_536)], ...],
        Field(min_length=1, max_length=8, strict=False),
        Label(lambda widths: f"{_widths(widths)} hidden units", order=6, column=7, held=True),
    ] = (256,)
    """Widths of the fully connected hidden layers, from the first to the last."""

    activation: Annotated[
        Literal["relu", "leaky_relu", "elu", "gelu", "silu"],
        Label(ACTIVATIONS.get, order=2, column=2, always=True, short=lambda name: "-" + name.removesuffix("_relu")),
    ] = "relu"
    """Activation function of the hidden units. elu: exp(x) - 1 below zero. gelu: x times the normal distribution
    function of x. silu: x / (1 + exp(-x))."""

    negative_slope: Annotated[
        float | None, Field(ge=0, le=1), Label("slope {}".format, order=3, column=3, always=True, short=str)
    ] = None
    """Slope of a Leaky ReLU below zero; null for the others."""

    batch_norm: Annotated[
        bool,
        Label({True: "BN", False: "no BN"}.get, order=1, column=1, always=True, short={True: "bn", False: "nobn"}.get),
    ] = True
    """Whether the hidden layers are batch-normalised."""

    batch_norm_position: Annotated[
        Literal["before_activation", "after_activation"],
        Label(lambda name: f"BN {name.replace('_', ' ')}", order=16, column=16),
    ] = "before_activation"
    """Whether batch normalisation stands before or after the activation function. Pre-activations and dead units are
    those of the activation function in either case."""

    batch_norm_epsilon: Annotated[float, Field(gt=0, le=1), Label("BN epsilon {}".format)] = 1e-5
    """What batch normalisation adds to the variance."""

    batch_norm_momentum: Annotated[float, Field(gt=0, le=1), Label("BN momentum {}".format)] = 0.1
    """Weight of the newest mini-batch in the running averages of batch normalisation."""

    initialization: Annotated[
        Literal["he_normal", "xavier_normal", "normal", "torch_default"],
        Label(lambda name: f"{INITIALIZATIONS[name]} initialisation", order=13, column=13),
    ] = "he_normal"
    """Distribution of the initial weights. he_normal: normal with variance 2 / inputs of the layer. xavier_normal:
    normal with variance 2 / (inputs + outputs). normal: normal with standard deviation initial_deviation.
    torch_default: uniform in +-1 / sqrt(inputs), biases too."""

    initial_deviation: Annotated[
        float | None, Field(gt=0, le=100), Label("deviation {}".format, order=14, column=14)
    ] = None
    """Standard deviation of the initial weights where initialization is normal; null for the others."""

    bias: Annotated[float, Field(ge=-100, le=100), Label("biases from {}".format, order=15, column=15)] = 0.0
    """Initial value of the biases; with batch normalisation before the activation function, of its shift."""

    loss: Annotated[Literal["cross_entropy"], Label({"cross_entropy": "cross-entropy loss"}.get)] = "cross_entropy"
    """The loss. cross_entropy: softmax cross-entropy, mean over the mini-batch."""

    batch_size: Annotated[
        int,
        Field(ge=1, le=60_000),
        Label("mini-batch {}".format, order=4, column=4, always=True, short="-b{}".format),
    ] = 100
    """Images per mini-batch; at most the number of training images, at least 2 with batch normalisation."""

    shuffle: Annotated[
        Literal["every_epoch", "once"],
        Label({"every_epoch": "reshuffled", "once": "same mini-batches in every epoch"}.get, order=18, column=20),
    ] = "every_epoch"
    """When the order of the training images is drawn. once: every epoch has the same mini-batches in the same order."""

    optimizer: Annotated[
        Literal["adam", "sgd"], Label({"adam": "Adam", "sgd": "SGD"}.get, order=7, column=5, held=True)
    ] = "adam"
    """The optimiser."""

    learning_rate: Annotated[float, Field(gt=0, le=1_000_000), Label(order=8, column=6, held=True)] = 0.001
    """The learning rate."""

    warmup_steps: Annotated[
        int, Field(ge=0, le=1_000_000_000), Label("warm-up over {:,} steps".format, order=19, column=21)
    ] = 0
    """Steps over which the learning rate rises linearly to its value: at step s of the first w it is s / w of it."""

    momentum: Annotated[float, Field(ge=0, lt=1), Label(order=9, column=12)] = 0.0
    """Share of the previous step that SGD adds to each step; 0 for Adam."""

    beta1: Annotated[float, Field(ge=0, lt=1)] = 0.9
    """Decay of Adam's mean of the gradients."""

    beta2: Annotated[float, Field(ge=0, lt=1)] = 0.999
    """Decay of Adam's mean of the squared gradients."""

    epsilon: Annotated[float, Field(gt=0, le=1)] = 1e-8
    """What Adam adds to the denominator."""

    weight_decay: Annotated[float, Field(ge=0, le=100)] = 0.0
    """Weight decay of AdamW (Loshchilov and Hutter 2019), which then takes Adam's place: each step takes learning_rate
    times this share from every parameter. 0 for SGD."""

    gradient_clip: Annotated[float | None, Field(gt=0, le=1_000_000), Label("gradient clipped at {}".format)] = None
    """Largest norm of the gradient of all parameters together; a larger one is scaled down to it. null: none. dW is
    taken before it."""
