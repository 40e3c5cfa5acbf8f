"""Intervals against textbook values and closed forms, and against the values that a claim allows."""

import math
from dataclasses import astuple

import pytest
from scipy.special import betainc

from dying_relu.claims.intervals import (
    AcceptanceRange,
    Interval,
    Share,
    equivalent_to_zero,
    over_seeds,
    share_over_seeds,
)


def shares(*values: float, count: int = 256) -> list[Share]:
    return [Share(value, count) for value in values]


@pytest.mark.parametrize(
    ("interval", "expected"),
    [
        # Standard deviation sqrt(2.5), and 2.776445 from the table of Student's t for 4 degrees of freedom.
        (over_seeds([1, 2, 3, 4, 5]), Interval(3, 3 - 2.776445 * 0.5**0.5, 3 + 2.776445 * 0.5**0.5)),
        (over_seeds([0.25, 0.25, 0.25]), Interval(0.25, 0.25, 0.25)),
        (over_seeds([0.25]), Interval(0.25)),
        (over_seeds([math.nan]), Interval(math.nan)),
        (over_seeds([1, math.nan, 3]), Interval(math.nan)),
        # Clopper and Pearson's where it has a closed form: none, or all, of 20 units.
        (share_over_seeds(shares(0, 0, count=10)), Interval(0, 0, 1 - 0.025 ** (1 / 20))),
        (share_over_seeds(shares(1, 1, 1, 1, count=5)), Interval(1, 0.025 ** (1 / 20), 1)),
        # One of two: P(at least 1 | low) = 1 - (1 - low)^2 = 0.025.
        (share_over_seeds(shares(0.5, 0.5, count=1)), Interval(0.5, 1 - math.sqrt(0.975), math.sqrt(0.975))),
        (share_over_seeds(shares(0.25)), Interval(0.25)),
        (share_over_seeds(shares(0.25, math.nan)), Interval(math.nan)),
    ],
)
def test_intervals_of_textbooks(interval, expected):
    assert astuple(interval) == pytest.approx(astuple(expected), nan_ok=True)


@pytest.mark.parametrize(
    ("accepted", "value", "inside"),
    [
        (AcceptanceRange(at_least=0), 0, True),
        (AcceptanceRange(at_most=0), 0, True),
        (AcceptanceRange(above=0), 0, False),
        (AcceptanceRange(below=0), 0, False),
        (AcceptanceRange(at_least=1, at_most=2), 1.5, True),
        (AcceptanceRange(at_least=1, below=2), 2, False),
        (AcceptanceRange(above=0), 1e-9, True),  # small, but more than rounding
        (AcceptanceRange(at_most=9), math.nan, None),
    ],
)
def test_bounds_are_included_or_excluded(accepted, value, inside):
    assert accepted.accepts(Interval(value)) is inside


@pytest.mark.parametrize(
    ("accepted", "low", "high", "expected"),
    [
        (AcceptanceRange(at_least=1, at_most=2), 1, 2, True),
        (AcceptanceRange(at_least=1, at_most=2), 1.2, 1.3, True),
        (AcceptanceRange(at_least=1, at_most=2), 0.9, 1.5, None),
        (AcceptanceRange(at_least=1, at_most=2), 1.5, 2.1, None),
        (AcceptanceRange(at_least=1, at_most=2), 0, 3, None),
        (AcceptanceRange(at_least=1, at_most=2), 0, 0.9, False),
        (AcceptanceRange(at_least=1, at_most=2), 2.1, 3, False),
        # An interval that ends at an excluded bound.
        (AcceptanceRange(above=0), -2, 0, False),
        (AcceptanceRange(above=0), 0, 2, None),
        (AcceptanceRange(below=0), 0, 2, False),
        (AcceptanceRange(at_least=0), -2, 0, None),
    ],
)
def test_the_whole_interval_decides(accepted, low, high, expected):
    assert accepted.accepts(Interval((low + high) / 2, low, high)) is expected


@pytest.mark.parametrize("side", [-math.inf, math.inf])
def test_rounding_does_not_decide_at_a_bound(side):
    low, high = math.nextafter(0.005, side), math.nextafter(0.02, side)  # as sums and differences come out
    closed, open_ = AcceptanceRange(at_least=0.005, at_most=0.02), AcceptanceRange(above=0.005, below=0.02)
    assert closed.accepts(Interval(0.01, low, high)) is True
    assert open_.accepts(Interval(0.01, low, high)) is None
    for value in (low, high):
        assert closed.accepts(Interval(value)) is True
        assert open_.accepts(Interval(value)) is False
    assert open_.accepts(Interval(0, -1, low)) is False
    assert open_.accepts(Interval(1, high, 2)) is False


def test_seeds_that_scatter_are_worth_fewer_units():
    """Of 512 units in all, shares of 0.1 and 0.2: p (1 - p) over the mean's variance, 0.1275 / 0.0025 = 51 units.

    Two seeds make them (1.9646 / 12.7062)^2 times as many, by the tables of Student's t: 1.2192 units, of which 0.1829.
    """
    interval = share_over_seeds(shares(0.1, 0.2))
    assert interval.value == pytest.approx(0.15)
    # The bounds of Clopper and Pearson are quantiles of beta distributions: of (x, n - x + 1) and (x + 1, n - x).
    assert betainc(0.1829, 2.0363, interval.low) == pytest.approx(0.025, abs=1e-4)
    assert betainc(1.1829, 1.0363, interval.high) == pytest.approx(0.975, abs=1e-4)


@pytest.mark.parametrize(
    ("values", "within", "expected"),
    [
        ([0.0009], 0.001, True),
        ([-0.001], 0.001, False),
        ([0.0005, 0.0005], 0.001, True),
        ([0.002, 0.002], 0.001, False),
        # Of sd 0.11547, t = 1 / (sd / 2) = 17.3; 2.353 is the 5 % point of 3 degrees of freedom.
        ([-0.1, 0.1, -0.1, 0.1], 1, True),
        # Of sd 1.1547, t = 1.73.
        ([-1, 1, -1, 1], 1, False),
        # Certain, but beyond the bound.
        ([1.1, 1.2, 1.3], 1, False),
    ],
)
def test_equivalence(values, within, expected):
    assert equivalent_to_zero(values, within) is expected
    assert equivalent_to_zero([-value for value in values], within) is expected
