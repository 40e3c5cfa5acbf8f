"""Whatever a configuration holds, it is accepted, or refused in words that name the key."""

import itertools
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
from dying_relu.configuration.run import PARAMETERS
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
        assert len(message) < 5000, what
        # A value may contradict another one, whose key the message names then.
        known = [*path, *DEFAULTS["properties"], *DEFAULTS["$defs"]["Parameters"]["properties"]]
        assert any(name in message for name in known if isinstance(name, str) and name), (what, message)
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


def experiment(**grid) -> dict[str, Any]:
    return {"experiments": {"one": {"title": "One", "grids": [grid]}}}


# Nine levels of nine are 387 million values.
LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x]\n"
for before, name in itertools.pairwise("abcdefghi"):
    LAUGHS += f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n"
LAUGH = yaml.safe_load(LAUGHS)["i"]
MANY = {key: [*range(1, 1001)] for key in PARAMETERS[-10:]}  # 10^30 runs
TOO_MUCH = "found more than 200,000 values"
ENORMOUS = [
    *((GOOD | {key: LAUGH}, f"^{key}: {TOO_MUCH}") for key in ("experiments", "run", "seeds", "laughs")),
    (experiment(bias=LAUGH), f"^experiments: {TOO_MUCH}"),
    (experiment(**MANY), r"^experiments.one.grids\[0\]: found .* runs up to here, allowed: at most 100,000"),
    (experiment(bias=[n / 100 for n in range(11)]) | {"seeds": 10_000}, "found 110,000 runs"),
    (GOOD | {"seeds": [-1, 1] * 10_000}, r"(?s)^seeds\[0\]: found -1, allowed: a whole.*and 9,950 problems more$"),
]


@pytest.mark.parametrize(("settings", "message"), ENORMOUS, ids=[message for _, message in ENORMOUS])
def test_the_enormous_is_refused_at_once(settings, message):
    started = time.process_time()
    with pytest.raises(ConfigError, match=message):
        load_config(settings)
    assert time.process_time() - started < 2


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
    assert duplicate_keys(LAUGHS) == duplicate_keys("") == []


NAMES = ["con", "nul", "com1", "A", "one\n", ".."]
TITLES = ["{run}", "a\x1b[31mb", "a\u2028b", "\ud800", "\ufffe"]
FOLDERS = [".", "./", " x", "x ", "x" * 300, "a/" + "ü" * 101, "\ud800", "a\nb"]
OPTIONS_AND_ADDRESSES = ["-rf", "./-rf", "s3://a", "2026-11-25T10:30:00"]
ONE = GOOD["experiments"]["one"]
ODD = [
    *(("experiments", {name: ONE}, "experiments") for name in NAMES),
    *(("experiments", {"one": ONE | {"title": title}}, "experiments.one.title") for title in TITLES),
    *(("results", folder, "results") for folder in FOLDERS + OPTIONS_AND_ADDRESSES),
]


@pytest.mark.parametrize(("key", "value", "named"), ODD)
def test_texts_that_a_file_or_a_picture_cannot_have_everywhere(key, value, named):
    with pytest.raises(ConfigError, match=f"^{named}: found "):
        load_config(GOOD | {"only": None, "comparisons": {}, key: value})


@pytest.mark.parametrize(("folder", "plain"), [("a/", "a"), ("./a", "a"), ("a//b", "a/b"), ("../a", "../a")])
def test_one_folder_has_one_name(folder, plain):
    assert load_config(GOOD | {"results": folder}).settings["results"] == plain


def test_entries_that_shell_or_yaml_would_change_are_refused():
    for entry in ("epochs=3", "run={bias: 5}", "x=$(touch owned)", "x=it's", 'x="a"', "x='My run #2'", "x=a#b"):
        assert list(shell_problems([entry])) == []
        assert shlex.split(repr(entry)) == [entry]
    for value in ("it's $(touch owned)", "'`id`", "'a' \"b\"", "'\\", "My run #2", "{dataset: mnist} #"):
        assert [problem.partition(":")[0] for problem in shell_problems([f"results={value}"])] == ["results"], value
