"""A grid gives a list of values for each of some parameters, and stands for every combination of them."""

import itertools
from collections.abc import Iterator, Mapping
from math import prod
from typing import Any

from dying_relu.configuration.errors import problem
from dying_relu.configuration.run import LISTS

MOST_RUNS = 100_000

Grid = Mapping[str, list[Any]]


def values_of(grid: Mapping[str, Any]) -> dict[str, list[Any]]:
    """A list of values for each key, of which the configuration may have given a single one."""
    lists = {}
    for key, value in grid.items():
        # The values of some are themselves lists: a list of lists varies them.
        single = not isinstance(value, list) or (
            key in LISTS and not any(isinstance(one, list | tuple) for one in value)
        )
        lists[key] = [value] if single else value
    return lists


def expand_grid(grid: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Every combination of a grid's values, the last key changing fastest."""
    lists = values_of(grid)
    return (dict(zip(lists, values, strict=True)) for values in itertools.product(*lists.values()))


def size(grid: Grid) -> int:
    """The number of combinations."""
    return prod(map(len, grid.values()))


def reject_too_many(runs: int) -> None:
    """Refuse more runs than anybody can mean, before they are made."""
    if runs > MOST_RUNS:
        raise problem(f"{runs:,} runs up to here", f"at most {MOST_RUNS:,} in all, seeds included")


def contains(grid: Grid, run: Mapping[str, Any], defaults: Mapping[str, Any]) -> bool:
    """Whether a run's parameters are one of the combinations; what the grid lacks is as in `defaults`."""
    return all(value in grid.get(key, [defaults[key]]) for key, value in run.items())
