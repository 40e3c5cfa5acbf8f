"""Whatever a configuration holds, it is accepted, or refused in words that name the key."""

import copy
import math
import re
import shlex
import time
from typing import Any

import pytest
import yaml

from dying_relu.configuration.checks import duplicate_keys, shell_problems
from dying_relu.configuration.config import load_config
from dying_relu.configuration.errors import ConfigError
from dying_relu.configuration.grids import MOST_RUNS
from dying_relu.configuration.schema import SCHEMA
from mutations import GOOD, MUTANTS

DEFAULTS = yaml.safe_load(SCHEMA.read_text())
SAFE = re.compile(r"[A-Za-z0-9._+-]+")


def check(what: str, mutant: dict[str, Any], path: tuple) -> str:
    """`accepted` or `refused`; any error but ConfigError is a fault."""
    try:
        config = load_config(mutant)
    except ConfigError as error:
        message = str(error)
        assert message.strip(), what
        assert len(message) < 5000, what
        named = [str(part) for part in path if isinstance(part, str)]
        # A value may contradict another one, whose key the message names then.
        known = {*named, *(str(key) for key in DEFAULTS["properties"]), *DEFAULTS["$defs"]["Parameters"]["properties"]}
        assert any(name and name in message for name in known), (what, message)
        for line in message.splitlines():
            assert re.search("found|unknown key|missing|no experiment|no common experiment|different steps", line), line
        return "refused"
    assert len(config.runs) <= MOST_RUNS
    for name in [*config.runs, *config.experiments, *config.comparisons]:
        assert SAFE.fullmatch(name), (what, name)
    return "accepted"


@pytest.mark.parametrize("part", range(8))
def test_each_is_accepted_or_refused_by_name(part):
    found = [check(*mutant) for mutant in MUTANTS[part::8]]
    assert len(MUTANTS) > 4000
    assert 20 < found.count("accepted") < len(found) / 2


@pytest.mark.parametrize("runs", [MOST_RUNS + 1, 10**9, 10**30])
def test_an_enormous_grid_is_refused_at_once(runs):
    values = list(range(1, 1001))
    names = ["batch_size", "train_images", "bias", "learning_rate", "beta1", "beta2", "epsilon", "momentum"]
    grid = dict.fromkeys([*names, "batch_norm_epsilon", "negative_slope"], values)
    keys = list(grid)[: max(2, round(math.log(runs, 1000)))]
    settings = {"experiments": {"one": {"title": "One", "grids": [{key: grid[key] for key in keys}]}}}
    started = time.process_time()
    with pytest.raises(
        ConfigError, match=r"experiments.one.grids\[0\]: found .* runs up to here, allowed: at most 100,000"
    ):
        load_config(settings)
    assert time.process_time() - started < 2


def test_as_many_runs_as_allowed_count_the_seeds():
    grid = {"bias": [number / 100 for number in range(11)]}
    settings = {"seeds": 10000, "experiments": {"one": {"title": "One", "grids": [grid]}}}
    with pytest.raises(ConfigError, match="found 110,000 runs"):
        load_config(settings)


def test_anchors_that_multiply_are_refused_at_once():
    """Nine levels of nine are 387 million values."""
    text = "a: &a [x, x, x, x, x, x, x, x, x]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True):
        text += f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n"
    laughs = yaml.safe_load(text)
    assert duplicate_keys(text) == []
    started = time.process_time()
    for place in ("experiments", "run", "seeds", "laughs"):
        with pytest.raises(ConfigError, match=f"{place}: found more than 200,000 values"):
            load_config(GOOD | {place: laughs["i"]})
    with pytest.raises(ConfigError, match="experiments: found more than 200,000 values"):
        load_config({"experiments": {"one": {"title": "One", "grids": [{"bias": laughs["i"]}]}}})
    assert time.process_time() - started < 5


def test_keys_that_stand_twice_are_found():
    text = """
epochs: 3
run: {batch_size: 5, batch_size: 6}
experiments:
  one: &anchor {title: One, grids: [{bias: 1, bias: 2}]}
  two: *anchor
epochs: 4
"""
    assert duplicate_keys(text) == [
        "epochs: found 2 times below line 2, allowed: once",
        "batch_size: found 2 times below line 3, allowed: once",
        "bias: found 2 times below line 5, allowed: once",
    ]
    assert duplicate_keys('{"a": 1, "a": 2}') == ["a: found 2 times below line 1, allowed: once"]
    assert duplicate_keys("") == []


def test_a_long_list_of_wrong_seeds_is_refused_at_once():
    started = time.process_time()
    with pytest.raises(
        ConfigError, match=r"(?s)^seeds\[0\]: found -1, allowed: a whole number.*and 9,950 problems more$"
    ):
        load_config(GOOD | {"seeds": [-1, 1] * 10_000})
    assert time.process_time() - started < 2


@pytest.mark.parametrize("title", ["{run}", "a\x1b[31mb", "a\u2028b", "\ud800", "\ufffe"])
def test_titles_that_a_report_or_an_svg_file_cannot_have(title):
    settings = copy.deepcopy(GOOD)
    settings["experiments"]["one"]["title"] = title
    with pytest.raises(ConfigError, match=r"^experiments.one.title: found"):
        load_config(settings)


@pytest.mark.parametrize("name", ["con", "nul", "com1", "A", "one\n", ".."])
def test_names_that_a_file_cannot_have_everywhere(name):
    with pytest.raises(ConfigError, match=r"^experiments: found "):
        load_config(GOOD | {"only": None, "comparisons": {}, "experiments": {name: GOOD["experiments"]["one"]}})
    assert list(load_config(GOOD | {"only": None, "comparisons": {}}).experiments) == ["one"]


ODD_FOLDERS = [".", "./", " x", "x ", "x" * 300, "a/" + "ü" * 101, "\ud800", "a\nb"]
OPTIONS_AND_ADDRESSES = ["-rf", "./-rf", "s3://a", "2026-11-25T10:30:00"]


@pytest.mark.parametrize("folder", ODD_FOLDERS + OPTIONS_AND_ADDRESSES)
def test_folders_that_results_cannot_have(folder):
    with pytest.raises(ConfigError, match=r"^results: found "):
        load_config(GOOD | {"results": folder})


@pytest.mark.parametrize(("folder", "plain"), [("a/", "a"), ("./a", "a"), ("a//b", "a/b"), ("../a", "../a")])
def test_one_folder_has_one_name(folder, plain):
    assert load_config(GOOD | {"results": folder}).settings["results"] == plain


@pytest.mark.parametrize(
    "entry",
    [
        "epochs=3",
        "run={bias: 5}",
        "results=$(touch owned)",
        "x=it's",
        'x="a"',
        "x=`id`",
        "results='My run #2'",
        "x=a#b",
    ],
)
def test_entries_that_survive_shell_and_yaml_are_accepted(entry):
    assert list(shell_problems([entry])) == []
    assert shlex.split(repr(entry)) == [entry]


@pytest.mark.parametrize(
    "value", ["it's $(touch owned)", "'`id`", "'a' \"b\"", "'\\", "My run #2", "{dataset: mnist} #"]
)
def test_entries_that_shell_or_yaml_would_change_are_refused(value):
    assert [problem.partition(":")[0] for problem in shell_problems([f"results={value}"])] == ["results"]
