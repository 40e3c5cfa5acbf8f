"""Thousands of configurations that are wrong in some way, or strange.

Each is a good one with a strange value in one place, or with a key left out or renamed. The places follow from the
configuration, so that a new key is tried without a change here.
"""

import copy
import functools
import math
import operator
from collections.abc import Iterable, Iterator
from typing import Any

from dying_relu.configuration.config import load_config

GOOD = {
    "results": "results",
    "seeds": [1, 2],
    "only": ["one"],
    "experiments": {
        "one": {
            "title": "One",
            "text": "Why?",
            "figure": {"kind": "final", "x": "bias", "y": None, "values": ["dead"]},
            "grids": [{"batch_norm": [True, False], "hidden": [[4], [4, 4]]}, {"bias": -1}],
        }
    },
    "comparisons": {"one": {"title": "Both", "left": {"hidden": [4]}, "right": {"hidden": [4], "batch_norm": False}}},
}
STRANGE = [
    *(None, True, False, 0, -1, 1, 2, 0.5, -0.0, 10**9, 2**63, 10**400, 1e-300, 1e308, math.nan, math.inf),
    *("", " ", "x", "1e3", "null", "NaN", "7", "true", "no", "2024-01-01", "relu", "x" * 5000),
    *("../../up", "/etc/passwd", "a/b", "..", ".", "a\\b", "~", "a b", "-rf", "--config"),
    *("CON", "one\n", "a\tb", "\x00"),
    *("$(touch owned)", "`id`", "; rm -rf /", "a && b", "a|b", "{run}", "<results>", "{wildcards.run}", "%s", "'", '"'),
    *("<script>alert(1)</script>", "日本語", "naïve", "\u202eevil", "🙂", "i\u0307"),
    *([], [1], [1, 1], [[]], [[1], [2]], ["x"], [None], [{}], {}, {"x": 1}, {1: 2}, {"": ""}, {"a": {"b": {"c": []}}}),
]


def places(value: Any, path: tuple = ()) -> Iterator[tuple]:
    """The paths of all values in a configuration, from the outside in."""
    keys = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield (*path, key)
        yield from places(value[key], (*path, key))


def at(settings: Any, path: Iterable) -> Any:
    return functools.reduce(operator.getitem, path, settings)


def mutants() -> Iterator[tuple[str, dict[str, Any], tuple]]:
    """What was changed, the configuration, and the path of the change."""
    good = load_config(GOOD).settings | GOOD  # with every default written out
    for *parents, last in places(good):
        for value in STRANGE:
            mutant = copy.deepcopy(good)
            at(mutant, parents)[last] = copy.deepcopy(value)
            yield f"{parents}, {last} = {value!r:.60}", mutant, (*parents, last)
        if isinstance(last, str):
            for name in (None, "unknown", f"{last}s", last.upper(), "../x", "a b", "$(id)", "日本", "x\n", ""):
                mutant = copy.deepcopy(good)
                holder = at(mutant, parents)
                value = holder.pop(last)
                if name is not None:
                    holder[name] = value
                yield f"{parents}, {last} called {name!r}", mutant, tuple(parents)


MUTANTS = list(mutants())
