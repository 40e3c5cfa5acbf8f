"""How runs read in titles, legends and tables."""

from collections.abc import Sequence

from dying_relu.configuration.run import Run
from dying_relu.data.datasets import DATASETS

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
