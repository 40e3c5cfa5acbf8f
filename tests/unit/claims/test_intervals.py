"""Intervals against textbook values and closed forms, and against the values that a claim allows."""

import math
from dataclasses import astuple

import pytest

from dying_relu.claims.intervals import AcceptanceRange, Interval, of_units, over_seeds, share_over_seeds


def certain(value: float) -> Interval:
    return Interval(value, math.nan, math.nan, decisive=False)


@pytest.mark.parametrize(
    ("interval", "expected"),
    [
        # Standard deviation sqrt(2.5), and 2.776445 from the table of Student's t for 4 degrees of freedom.
        (over_seeds([1, 2, 3, 4, 5]), Interval(3, 3 - 2.776445 * 0.5**0.5, 3 + 2.776445 * 0.5**0.5, decisive=True)),
        (over_seeds([0.25, 0.25, 0.25]), Interval(0.25, 0.25, 0.25, decisive=True)),
        (over_seeds([0.25]), certain(0.25)),
        (over_seeds([math.nan]), certain(math.nan)),
        (over_seeds([1, math.nan, 3]), Interval(math.nan, math.nan, math.nan, decisive=True)),
        # Clipped to 0 and 1; 12.706205 is t for 1 degree of freedom.
        (share_over_seeds([0.9, 1.0]), Interval(0.95, 0.95 - 12.706205 * 0.05, 1, decisive=True)),
        (share_over_seeds([0.0, 0.1]), Interval(0.05, 0, 0.05 + 12.706205 * 0.05, decisive=True)),
        # Of units: where it has a closed form. One of two: P(at least 1 | low) = 1 - (1 - low)^2 = 0.025.
        (of_units([False] * 20), Interval(0, 0, 1 - 0.025 ** (1 / 20), decisive=False)),
        (of_units([True] * 20), Interval(1, 0.025 ** (1 / 20), 1, decisive=False)),
        (of_units([True, False]), Interval(0.5, 1 - math.sqrt(0.975), math.sqrt(0.975), decisive=False)),
        (of_units([]), certain(math.nan)),
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
    assert accepted.accepts(certain(value)) is inside


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
        (AcceptanceRange(at_least=0), math.nan, math.nan, None),
    ],
)
def test_the_whole_interval_decides(accepted, low, high, expected):
    value = 1 if math.isnan(low) else (low + high) / 2
    assert accepted.accepts(Interval(value, low, high, decisive=True)) is expected


@pytest.mark.parametrize("side", [-math.inf, math.inf])
def test_rounding_does_not_decide_at_a_bound(side):
    low, high = math.nextafter(0.005, side), math.nextafter(0.02, side)  # as sums and differences come out
    closed, open_ = AcceptanceRange(at_least=0.005, at_most=0.02), AcceptanceRange(above=0.005, below=0.02)
    assert closed.accepts(Interval(0.01, low, high, decisive=True)) is True
    assert open_.accepts(Interval(0.01, low, high, decisive=True)) is None
    for value in (low, high):
        assert closed.accepts(certain(value)) is True
        assert open_.accepts(certain(value)) is False
    assert open_.accepts(Interval(0, -1, low, decisive=True)) is False
    assert open_.accepts(Interval(1, high, 2, decisive=True)) is False
