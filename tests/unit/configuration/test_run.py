"""Names, labels and rows of runs."""

from dying_relu.configuration.labels import ARTICLE, describe, held_fixed, series_label, varied
from dying_relu.configuration.run import Run
from dying_relu.tables.overview import table_row
from helpers import make_run

LEAKY = {"activation": "leaky_relu", "negative_slope": 0.001}


def test_the_articles_runs_have_short_names():
    assert make_run(epochs=100).name == "bn-relu-b100-s20170523"
    assert make_run(epochs=100, batch_norm=False, **LEAKY).name == "nobn-leaky0.001-b100-s20170523"


def test_whatever_else_differs_is_in_the_name():
    run = make_run(epochs=2, seed=1, learning_rate=0.01, hidden=[64], train_images=2000)
    assert run.name == "bn-relu-b100-train_images2000-hidden64-learning_rate0.01-epochs2-s1"


def test_slopes_that_differ_little_have_names_of_their_own():
    slopes = [0.1234567, 0.12345671]
    assert len({make_run(activation="leaky_relu", negative_slope=slope).name for slope in slopes}) == 2


def test_a_run_survives_the_way_through_plain_values():
    run = make_run(**LEAKY)
    assert Run.from_parameters(run.parameters()) == run


def test_the_last_mini_batch_counts_as_a_step():
    run = make_run(epochs=3, train_images=1000, batch_size=300)
    assert (run.steps_per_epoch, run.steps) == (4, 12)


def test_labels_name_what_varies_and_titles_what_does_not():
    runs = [make_run(batch_size=10), make_run(batch_size=500), make_run(batch_norm=False)]
    keys = varied(runs)
    assert keys == ["batch_norm", "batch_size"]
    assert [series_label(run, keys) for run in runs] == ["mini-batch 10", "mini-batch 500", "no BN, mini-batch 100"]
    assert held_fixed(runs) == "ReLU, 256 hidden units, Adam, learning rate 0.001, 1 epoch, 60,000 training images"


def test_labels_of_slopes_beside_a_relu():
    runs = [make_run(**LEAKY), make_run(batch_norm=False, **LEAKY), make_run()]
    assert [series_label(run, varied(runs)) for run in runs] == ["slope 0.001", "no BN, slope 0.001", "ReLU"]


def test_one_run_alone_is_called_what_it_is():
    run = make_run()
    assert series_label(run, varied([run])) == describe(run) == "BN, ReLU, mini-batch 100"


def test_several_hidden_layers_are_named():
    two, four = make_run(hidden=[64, 32]), make_run(hidden=[256] * 4)
    assert two.name == "bn-relu-b100-hidden64x32-epochs1-s20170523"
    assert describe(two) == "BN, ReLU, mini-batch 100, 64 + 32 hidden units"
    assert [series_label(run, varied([two, four])) for run in (two, four)] == [
        "64 + 32 hidden units",
        "4 x 256 hidden units",
    ]
    assert held_fixed([four]).startswith("BN, ReLU, mini-batch 100, 4 x 256 hidden units, Adam")
    assert table_row(two, [])["hidden"] == "64-32"
    assert make_run(hidden=[64, 32]).weights == 784 * 64 + 64 * 32 + 32 * 10
    assert make_run().estimated_megabytes == 1501
    assert make_run().estimated_seconds < four.estimated_seconds < 3 * make_run().estimated_seconds


def test_a_row_of_the_table():
    assert table_row(make_run(epochs=100), ["batch_size", "leaky_relu"]) == {
        "run": "bn-relu-b100-s20170523",
        "batch_norm": True,
        "activation": "relu",
        "negative_slope": None,
        "batch_size": 100,
        "optimizer": "adam",
        "learning_rate": 0.001,
        "hidden": "256",
        "dataset": "mnist",
        "epochs": 100,
        "seed": 20170523,
        "experiments": "batch_size;leaky_relu",
        "momentum": 0.0,
        "initialization": "he_normal",
        "initial_deviation": None,
        "bias": 0.0,
        "batch_norm_position": "before_activation",
        "input_scaling": "unit_interval",
        "train_images": 60000,
        "convolutions": "",
    }


def test_what_the_article_has_not_varied_is_named_where_it_differs():
    run = make_run(optimizer="sgd", momentum=0.9, learning_rate=0.1, bias=-0.5, activation="elu")
    assert describe(run) == "BN, ELU, mini-batch 100, SGD, learning rate 0.1, momentum 0.9, biases from -0.5"
    assert run.name == "bn-elu-b100-bias-0.5-optimizersgd-learning_rate0.1-momentum0.9-epochs1-s20170523"
    assert held_fixed([run]) == (
        "BN, ELU, mini-batch 100, 256 hidden units, SGD, learning rate 0.1, momentum 0.9, 1 epoch, "
        "60,000 training images, biases from -0.5"
    )
    runs = [make_run(optimizer="sgd", momentum=momentum) for momentum in (0, 0.9)]
    assert [series_label(run, varied(runs)) for run in runs] == ["momentum 0", "momentum 0.9"]
    runs = [
        make_run(initialization="normal", initial_deviation=0.01),
        make_run(initialization="torch_default"),
        make_run(batch_norm_position="after_activation", input_scaling="standardized"),
    ]
    assert [describe(run) for run in runs] == [
        "BN, ReLU, mini-batch 100, normal initialisation, deviation 0.01",
        "BN, ReLU, mini-batch 100, PyTorch's initialisation",
        "BN, ReLU, mini-batch 100, BN after activation, standardized inputs",
    ]


def test_what_is_described_as_the_articles_is_the_schemas_default():
    run = make_run()
    assert {key: getattr(run, key) for key in ARTICLE} == ARTICLE
