"""The configuration: its schema, what it is expanded to, and what is refused."""

import copy

import jsonschema
import pytest
import yaml

from dying_relu.configuration.config import load_config
from dying_relu.configuration.errors import ConfigError
from dying_relu.configuration.schema import SCHEMA, schema_text
from helpers import ROOT

ARTICLE = yaml.safe_load((ROOT / "config.yaml").read_text())
DEFAULTS = yaml.safe_load(SCHEMA.read_text())


def changed(**changes) -> dict:
    """config.yaml with values replaced; a double underscore leads into a section."""
    settings = copy.deepcopy(ARTICLE)
    for key, value in changes.items():
        *path, last = key.split("__")
        section = settings
        for step in path:
            section = section[step]
        section[last] = value
    return settings


def grid(**parameters) -> dict:
    return changed(experiments={"one": {"title": "One", "grids": [parameters]}}, comparisons={})


def test_config_yaml_describes_the_articles_eleven_runs():
    config = load_config(ARTICLE)
    assert {(run.batch_norm, run.activation, run.negative_slope, run.batch_size) for run in config.runs.values()} == {
        *((True, "relu", None, size) for size in (10, 50, 100, 200, 500)),
        *((True, "leaky_relu", slope, 100) for slope in (0.001, 0.01, 0.18, 0.5)),
        (False, "relu", None, 100),
        (False, "leaky_relu", 0.001, 100),
    }
    assert {(run.seed, run.epochs, run.hidden) for run in config.runs.values()} == {(20170523, 100, (256,))}
    assert config.experiments_of(config.runs["bn-relu-b100-s20170523"]) == ["batch_size", "leaky_relu"]


def test_the_schema_file_is_that_of_the_models_and_describes_every_key():
    assert SCHEMA.read_text() == schema_text(), "run `make schema`"
    jsonschema.Draft202012Validator.check_schema(DEFAULTS)
    jsonschema.validate(ARTICLE, DEFAULTS)

    for node in (DEFAULTS, *DEFAULTS["$defs"].values()):
        for key, part in node["properties"].items():
            target = part | DEFAULTS["$defs"].get(part.get("$ref", "").removeprefix("#/$defs/"), {})
            assert target.get("description"), f"{key} is not described"
            assert "default" in target or key in node["required"], f"{key} has no default"


def test_config_yaml_states_every_key_and_the_defaults():
    assert set(ARTICLE) == set(DEFAULTS["properties"])
    # A parameter that the article knows nothing of needs no line here; the others stand in the declared order.
    declared = DEFAULTS["$defs"]["Parameters"]["properties"]
    assert list(ARTICLE["run"]) == [key for key in declared if key in ARTICLE["run"]]
    settings = load_config({key: ARTICLE[key] for key in ("experiments", "comparisons")}).settings
    assert load_config(ARTICLE).settings == settings
    assert load_config(settings).settings == settings


DEPTHS = [[64] * layers for layers in range(1, 9)]


@pytest.mark.parametrize(
    ("hidden", "found"), [([64], [[64]]), ([64, 32], [[64, 32]]), ([[64], [128]], [[64], [128]]), (DEPTHS, DEPTHS)]
)
def test_hidden_can_be_varied_although_it_is_a_list(hidden, found):
    assert [list(run.hidden) for run in load_config(grid(hidden=hidden)).runs.values()] == found


def test_numbers_and_text_are_read_as_what_the_schema_asks_for():
    values = grid(batch_size=[10, 50], learning_rate=0.001, bias=1.0, negative_slope=None, batch_norm=True, hidden=[64])
    text = {"batch_size": ["10", 50.0], "learning_rate": "1e-3", "bias": 1, "negative_slope": "null"}
    text = grid(**text, batch_norm="true", hidden=["64"]) | {"seeds": ["1", "2"]}
    assert repr(load_config(text).runs) == repr(load_config(values | {"seeds": [1, 2]}).runs)
    assert load_config(changed(results="2017")).settings["results"] == "2017"


def figure(**settings):
    """A configuration whose experiment has this figure."""
    return {"experiments": {"one": {"title": "One", "grids": [{"batch_size": 5}], "figure": settings}}}


LEAKY = {"activation": "leaky_relu", "negative_slope": 0.001}
REFUSED = [
    (changed(epoch=3), "epoch: unknown key (did you mean epochs?)"),
    (grid(batchsize=10), "experiments.one.grids[0].batchsize: unknown key (did you mean batch_size?)"),
    (changed(epochs="many"), "epochs: found 'many', allowed: a whole number, at least 1, at most 100000"),
    (grid(batch_size=[10, 0]), "experiments.one.grids[0].batch_size: found 0, allowed: a whole number, at least 1"),
    (grid(batch_size=1), "experiments.one.grids[0].batch_size: found 1, allowed: at least 2, since batch_norm is on"),
    (grid(batch_size=200, train_images=100), "experiments.one.grids[0].batch_size: found 200, allowed: at most 100"),
    (grid(batch_size=50, train_images=101), "does not leave a last mini-batch of one image"),
    (grid(batch_size=[]), "experiments.one.grids[0].batch_size: found an empty list"),
    (grid(activation="tanh"), "grids[0].activation: found 'tanh', allowed: one of relu, leaky_relu"),
    (grid(activation="relu", negative_slope=0.1), "grids[0].negative_slope: found 0.1, allowed: null"),
    (grid(activation="leaky_relu"), "grids[0].negative_slope: found null, allowed: a number from 0 to 1"),
    (
        grid(activation="leaky_relu", negative_slope=-1),
        "grids[0].negative_slope: found -1, allowed: a number, at least 0, at most 1; or null",
    ),
    (grid(learning_rate=float("nan")), "grids[0].learning_rate: found nan, allowed: a finite number"),
    (
        grid(convolutions=[4] * 5),
        "experiments.one.grids[0].convolutions: found [4, 4, 4, 4, 4], allowed: at most 4 layers, since each halves "
        "the images, and these have 28 x 28 pixels",
    ),
    (
        grid(dataset="cifar10"),
        "experiments.one.grids[0].train_images: found 60000, allowed: at most 50000, since dataset is cifar10",
    ),
    (grid(hidden=[16] * 9), "allowed: a list, with at least 1 items, with at most 8 items"),
    (grid(hidden=[64, 0]), "experiments.one.grids[0].hidden[1]: found 0, allowed: a whole number, at least 1"),
    (grid(momentum=0.9), "experiments.one.grids[0].momentum: found 0.9, allowed: 0, since optimizer is adam"),
    (grid(optimizer="sgd", momentum=1), "grids[0].momentum: found 1, allowed: a number, at least 0, below 1"),
    (grid(initialization="normal"), "grids[0].initial_deviation: found null, allowed: a number above 0"),
    (grid(initial_deviation=0.1), "grids[0].initial_deviation: found 0.1, allowed: null, since initialization is he"),
    (grid(initialization="torch_default", bias=-1), "grids[0].bias: found -1.0, allowed: 0"),
    (
        grid(batch_norm=False, batch_norm_position="after_activation"),
        "grids[0].batch_norm_position: found after_activation, allowed: before_activation, since batch_norm is off",
    ),
    (
        grid(convolutions=[4], batch_norm_position="after_activation") | {"engine": "numba"},
        "auto and torch take more\nexperiments.one.grids[0].batch_norm_position: found after_activation, ",
    ),
    (changed(only=["two"]), "only[0]: found 'two', allowed: one of batch_size, leaky_relu"),
    (figure(kind="final"), "experiments.one.figure.x: found None, allowed: one of dataset, train_images"),
    (figure(kind="curves", x="bias"), "experiments.one.figure.x: found 'bias', allowed: null, since kind is curves"),
    (figure(kind="map", x="bias", y="depth"), "figure.y: found 'depth', allowed: one of"),
    (figure(kind="final", x="bias", values=["deaths"]), "figure.values[0]: found 'deaths', allowed: one of test_acc"),
    (changed(run__learning_rate=True), "run.learning_rate: found True, allowed: a number, above 0, at most 1000000"),
    (changed(run__batch_norm="7"), "run.batch_norm: found '7', allowed: true or false"),
    (changed(data__dir="/no/such/folder"), "data.dir: found '/no/such/folder', allowed: null or an existing folder"),
    (changed(seeds=[1, 1]), "seeds: found [1, 1], allowed: a list, with at least 1 items, none twice"),
    (changed(run=None), "run: found None, allowed: a mapping of keys"),
    (changed(experiments={}), "experiments: found {}, allowed: a mapping of keys, with at least 1 keys"),
    (changed(experiments={"<script>": {"title": "x", "grids": [{"batch_size": 5}]}}), "experiments: found '<script>'"),
    (changed(experiments={"one": {"grids": [{"batch_size": 5}]}}), "experiments.one.title: missing"),
    (
        changed(comparisons__bn_relu={"title": "x", "left": {"batch_size": 10}, "right": LEAKY}),
        "comparisons.bn_relu: left and right belong to no common experiment",
    ),
    (
        changed(frames__unit="step", comparisons__bn_relu__left={"batch_size": 50}),
        "comparisons.bn_relu: the runs have frames at different steps",
    ),
    (
        changed(only=["batch_size"], comparisons__bn_relu__left={"batch_size": 1000}),
        "comparisons.bn_relu.left: no experiment has the run bn-relu-b1000-s20170523; allowed: a run of one",
    ),
    (changed(epochs=2, frames__every=5), "frames.every: found 5, allowed: at most 2, the epochs of the run bn-relu-b1"),
    (
        changed(epochs=1, frames={"every": 601, "unit": "step"}, comparisons={}),
        "frames.every: found 601, allowed: at most 600, the steps of the run bn-relu-b100",
    ),
    (changed(results=2026), "results: found 2026 (a number to YAML: quote it), allowed: text"),
    (changed(experiments={"one": None}), "experiments: found {'one': None}, allowed: a mapping of keys"),
]


@pytest.mark.parametrize(("settings", "message"), REFUSED, ids=[message[:60] for _, message in REFUSED])
def test_refused(settings, message):
    with pytest.raises(ConfigError) as refusal:
        load_config(settings)
    assert message in str(refusal.value)


def test_all_problems_are_named_at_once():
    with pytest.raises(ConfigError) as refusal:
        load_config(changed(epochs=0, dw="weights", video__fps=3))
    assert [line.partition(":")[0] for line in str(refusal.value).splitlines()] == ["dw", "epochs", "video.fps"]


def test_one_image_a_mini_batch_is_allowed_without_batch_norm():
    assert len(load_config(grid(batch_size=1, batch_norm=False)).runs) == 1


def test_only_chooses_experiments_and_the_others_need_not_fit():
    mine = {"title": "Mine", "grids": [{"batch_size": 5}]}
    config = load_config(changed(experiments__mine=mine, only=["mine"], run__train_images=50))
    assert [run.batch_size for run in config.runs.values()] == [5]
    assert (list(config.experiments), config.comparisons) == (["mine"], {})
    assert load_config(config.settings).settings == config.settings
    with pytest.raises(ConfigError, match=r"^experiments.batch_size.grids\[0\].batch_size: found 0, allowed"):
        load_config(changed(experiments__mine=mine, only=["mine"], experiments__batch_size__grids=[{"batch_size": 0}]))


def test_null_takes_an_experiment_or_a_comparison_away():
    config = load_config(changed(experiments__batch_size=None, comparisons__bn_relu=None))
    assert (list(config.experiments), list(config.comparisons)) == (["leaky_relu"], ["bn_leaky_relu"])
    text = load_config(changed(experiments__batch_size="null", comparisons__bn_relu="null"))  # as from --config
    assert text.settings == config.settings


def test_a_folder_below_the_home_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "mnist").mkdir()
    assert load_config(changed(data__dir="~/mnist")).settings["data"]["dir"] == str(tmp_path / "mnist")


def test_runs_may_have_nothing_drawn_of_their_own():
    assert load_config(changed(draw_runs=False)).drawn == {}
    assert load_config(changed()).drawn == load_config(changed()).runs
