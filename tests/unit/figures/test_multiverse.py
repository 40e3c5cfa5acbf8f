"""The figures of a multiverse show what the table says."""

import math

import pandas as pd
import pytest

from dying_relu.figures.multiverse import matrix, specification_curve
from dying_relu.io.columns import MULTIVERSE


@pytest.fixture
def table() -> pd.DataFrame:
    rows = [
        ("a", "running averages", "base", True, 0.3, "reproduced"),
        ("a", "mini-batch statistics", "base", True, 0.1, "undecided"),
        ("a", "running averages", "other", False, 0.2, "not reproduced"),
        ("a", "mini-batch statistics", "other", False, math.nan, "not tested"),
        ("b", "any", "base", True, 0.5, "reproduced"),
        ("b", "any", "other", False, math.nan, "not tested"),
    ]
    columns = ["claim", "evaluation", "world", "admissible", "measured", "verdict"]
    found = pd.DataFrame(rows, columns=columns).reindex(columns=MULTIVERSE)
    return found.assign(low=found["measured"] - 0.05, high=found["measured"] + 0.05, seeds=3)


def test_the_matrix_counts_the_choices_under_which_a_claim_holds(table):
    (axes,) = matrix(table, {"other": "Another world"}).axes
    assert [text.get_text() for text in axes.texts] == ["1 of 2", "0 of 1", "1 of 1"]
    assert [text.get_text() for text in axes.get_xticklabels()] == ["base", "Another world (not admissible)"]
    assert [text.get_text() for text in axes.get_yticklabels()] == ["a", "b"]


def test_a_curve_has_each_specification_in_order_with_its_choices(table):
    curve, chosen = specification_curve(table[table["claim"] == "a"], "A claim").axes
    points = sorted((x, y) for bar in curve.containers for x, y in zip(*bar[0].get_data(), strict=True))
    assert points == [(0, 0.1), (1, 0.2), (2, 0.3)]
    assert [text.get_text() for text in curve.get_legend().texts] == ["holds", "does not hold", "undecided"]
    labels = [text.get_text() for text in chosen.get_yticklabels()]
    marks = {label: list(line.get_xdata()) for label, line in zip(labels, chosen.lines, strict=True)}
    assert marks == {
        "evaluation: mini-batch statistics": [0],
        "evaluation: running averages": [1, 2],
        "world: base": [0, 2],
        "world: other": [1],
    }


def test_a_claim_that_was_tested_nowhere_has_an_empty_curve(table):
    curve, _ = specification_curve(table[table["verdict"] == "not tested"], "A claim").axes
    assert not curve.containers
