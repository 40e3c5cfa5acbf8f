"""Worlds: every run once more, with other parameters."""

import pytest
import yaml

from dying_relu.configuration.config import load_config
from dying_relu.configuration.errors import ConfigError
from helpers import ROOT

ARTICLE = yaml.safe_load((ROOT / "config.yaml").read_text())


def config(*, world: dict | None = None, name: str = "other", **changes):
    worlds = {name: {"title": "Other", "reason": "Why not", "admissible": False, "run": world}} if world else {}
    return load_config(ARTICLE | {"worlds": worlds} | changes)


def test_without_worlds_there_are_none():
    assert config().worlds == []
    assert list(config().runs) == list(config().shown)


def test_every_run_is_trained_in_every_world_and_only_the_configured_ones_are_shown():
    found = config(world={"epsilon": 1e-7}, seeds=[1, 2])
    assert found.worlds == ["base", "other"]
    assert (len(found.runs), len(found.shown), len(found.drawn)) == (44, 22, 22)
    others = [run for name, run in found.runs.items() if name not in found.shown]
    assert {run.epsilon for run in others} == {1e-7}
    assert all(found.experiments_of(run) == [] for run in others)
    assert (found.admits("base"), found.admits("other")) == (True, False)


def test_a_run_that_cannot_have_the_override_is_the_same_in_both_worlds():
    found = config(world={"batch_norm_position": "after_activation"})
    without = {"batch_norm": False, "batch_size": 100}
    seed = found.settings["seeds"][0]
    assert found.find(without, seed, "other") == found.find(without, seed) is not None
    with_bn = found.find({"batch_size": 100}, seed, "other")
    assert with_bn.batch_norm_position == "after_activation"
    assert len(found.runs) == 11 + 9  # two are without BN
    assert found.find({"batch_size": 20}, seed, "other") is None


def test_a_run_of_another_world_is_none_of_the_configuration():
    found = config(world={"shuffle": "once"})
    seed = found.settings["seeds"][0]
    assert found.find({"shuffle": "once"}, seed) is found.find({"shuffle": "once"}, seed, "other") is None
    assert found.find({}, seed, "other").shuffle == "once"


def test_a_world_overrides_what_an_experiment_varies():
    found = config(world={"activation": "elu"})  # which a run with a slope cannot have
    assert sum(run.activation == "elu" for run in found.runs.values()) == 6


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"world": {"batch_size": 100, "train_images": 10}},
            "worlds.other.run: found .*, allowed: parameters that change",
        ),
        ({"world": {"epsilon": 1e-8}}, "worlds.other.run: found .*, allowed: parameters that change a run"),
        ({"world": {"epsilom": 1e-7}}, "worlds.other.run.*epsilom"),
        ({"world": {"epsilon": 1e-7}, "name": "base"}, "worlds: found base, allowed: another name"),
        (
            {"world": {"batch_norm_position": "after_activation"}, "engine": "numba"},
            "worlds.other.run.batch_norm_position: found after_activation, allowed: before_activation, since engine is",
        ),
        ({"world": {"epsilon": 1e-7}, "seeds": 5000}, "110,000 runs up to here|runs up to here"),
    ],
)
def test_what_is_refused(change, message):
    with pytest.raises(ConfigError, match=message):
        config(**change)
