"""Names, labels and rows of runs."""

from typing import Literal, get_args, get_origin

import pandas as pd
import pytest
from pydantic.fields import FieldInfo

from dying_relu.configuration.labels import describe, held_fixed, named, series_label, varied
from dying_relu.configuration.run import LONGEST_NAME, Run
from dying_relu.tables.overview import table_row
from dying_relu.tables.summaries import series_names
from helpers import make_run

LEAKY = {"activation": "leaky_relu", "negative_slope": 0.001}

# What a value needs beside it.
NEEDED = {
    "dataset": {"train_images": 50_000},
    "negative_slope": {"activation": "leaky_relu"},
    "initial_deviation": {"initialization": "normal"},
    "momentum": {"optimizer": "sgd"},
}


def two_values(field: FieldInfo) -> tuple:
    """Two admissible values of a run's field; numbers differ in a late digit."""
    if get_origin(field.annotation) is Literal:
        return get_args(field.annotation)[0], get_args(field.annotation)[-1]
    kind, default = (get_args(field.annotation) or (field.annotation,))[0], field.default
    if isinstance(default, tuple):
        return (16, 16), (16, 17)
    if kind is bool:
        return True, False
    return (default, abs(default - 1)) if kind is int else (default or 0.1, (default or 0.1) * (1 - 1e-9))


@pytest.mark.parametrize("key", [key for key in Run.model_fields if key != "seed"])
def test_runs_that_differ_are_told_apart(key):
    """By name, label, legend entry, row and series, whatever the field."""
    values = two_values(Run.model_fields[key])
    if values == ("cross_entropy", "cross_entropy"):  # the only loss so far
        return
    runs = [Run(seed=1, **NEEDED.get(key, {}), **{key: value}) for value in values]
    assert varied(runs) == [key]
    series = series_names({run: pd.DataFrame({"epoch": [1], "test_accuracy": [0.5]}) for run in runs})
    for text in (
        lambda run: run.name,
        lambda run: run.without_seed,
        describe,
        lambda run: named(run, [key]),
        lambda run: series_label(run, [key]),
        lambda run: series[run],
        lambda run: str(table_row(run, []) | {"run": None}),
    ):
        assert len({text(run) for run in runs}) == 2, text(runs[0])


@pytest.mark.parametrize(
    ("parameters", "name"),
    [
        ({}, "bn-relu-b100-s20170523"),
        ({"batch_norm": False, **LEAKY}, "nobn-leaky0.001-b100-s20170523"),
        (
            {"epochs": 2, "hidden": [64, 32], "activation": "elu", "bias": -0.5, "seed": 1},
            "bn-elu-b100-hidden64x32-bias-0.5-epochs2-s1",
        ),
    ],
)
def test_names_say_what_is_not_the_articles(parameters, name):
    assert make_run(**{"epochs": 100} | parameters).name == name


def test_a_digest_keeps_names_short():
    digits = dict.fromkeys(["batch_norm_epsilon", "learning_rate", "beta1", "beta2", "bias"], 0.12345678901234567)
    runs = [make_run(hidden=[60_001] * 7 + [width], **digits) for width in (1, 2)]
    assert len({run.name for run in runs}) == 2
    for run in runs:
        assert len(run.name) <= LONGEST_NAME
        assert run.name.startswith("bn-relu-b100-hidden60001x60001x")
        assert run.name.endswith("-s20170523")


@pytest.mark.parametrize(
    ("parameters", "labels"),
    [
        (
            [{"batch_size": 10}, {"batch_size": 500}, {"batch_norm": False}],
            ["mini-batch 10", "mini-batch 500", "no BN, mini-batch 100"],
        ),
        ([LEAKY, {"batch_norm": False, **LEAKY}, {}], ["slope 0.001", "no BN, slope 0.001", "ReLU"]),
        ([{"optimizer": "sgd", "momentum": momentum} for momentum in (0, 0.9)], ["momentum 0", "momentum 0.9"]),
        (
            [{"batch_norm": False}, {}, {"batch_norm_position": "after_activation"}],
            ["no BN", "BN before activation", "BN after activation"],
        ),
        ([{}], ["BN, ReLU, mini-batch 100"]),
    ],
)
def test_legends_name_what_varies(parameters, labels):
    runs = [make_run(**one) for one in parameters]
    assert [series_label(run, varied(runs)) for run in runs] == labels


def test_titles_name_what_does_not_vary():
    runs = [make_run(batch_size=10), make_run(batch_size=500), make_run(batch_norm=False)]
    assert varied(runs) == ["batch_norm", "batch_size"]
    assert held_fixed(runs) == "ReLU, 256 hidden units, Adam, learning rate 0.001, 1 epoch, 60,000 training images"
    assert held_fixed([make_run(hidden=[256] * 4)]).startswith("BN, ReLU, mini-batch 100, 4 x 256 hidden units, Adam")


@pytest.mark.parametrize(
    ("parameters", "label"),
    [
        ({}, ""),
        ({"hidden": [64, 32]}, ", 64 + 32 hidden units"),
        ({"initialization": "normal", "initial_deviation": 0.01}, ", normal initialisation, deviation 0.01"),
        (
            {"initialization": "torch_default", "input_scaling": "standardized"},
            ", PyTorch's initialisation, standardized inputs",
        ),
        (
            {"optimizer": "sgd", "momentum": 0.9, "learning_rate": 0.1, "bias": -0.5, "epochs": 1},
            ", SGD, learning rate 0.1, momentum 0.9, 1 epoch, biases from -0.5",
        ),
    ],
)
def test_labels_name_what_is_not_the_articles(parameters, label):
    assert describe(make_run(**{"epochs": 100} | parameters)) == "BN, ReLU, mini-batch 100" + label


def test_memory_steps_and_table():
    assert make_run().estimated_megabytes == 1501
    run = make_run(epochs=3, train_images=1000, batch_size=300)
    assert (run.steps_per_epoch, run.steps) == (4, 12)
    assert table_row(make_run(hidden=[64, 32]), [])["hidden"] == "64-32"
