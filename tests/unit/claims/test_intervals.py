"""Intervals against textbook values and closed forms, and against the values that a claim allows."""

import math

import pytest

from dying_relu.claims.intervals import AcceptanceRange, Interval, of_units, over_seeds, share_over_seeds


def test_five_seeds():
    # Mean 3, standard deviation sqrt(2.5), and 2.776 from the table of Student's t for 4 degrees of freedom.
    interval = over_seeds([1, 2, 3, 4, 5])
    half = 2.776 * math.sqrt(2.5 / 5)
    assert (interval.value, interval.low, interval.high) == pytest.approx((3, 3 - half, 3 + half), abs=1e-3)
    assert interval.decisive


def test_seeds_that_agree_leave_no_doubt():
    assert over_seeds([0.25, 0.25, 0.25]) == Interval(0.25, 0.25, 0.25, decisive=True)


def test_one_seed_has_no_interval():
    interval = over_seeds([0.25])
    assert (interval.value, interval.decisive) == (0.25, False)
    assert math.isnan(interval.low)
    assert math.isnan(interval.high)


@pytest.mark.parametrize("values", [[math.nan], [1, math.nan, 3]])
def test_nan_stays_nan_and_undecided(values):
    assert math.isnan(over_seeds(values).value)
    assert AcceptanceRange(at_most=9).reproduced_by(over_seeds(values)) is None


def test_the_interval_of_a_share_is_clipped_to_zero_and_one():
    interval = share_over_seeds([0.9, 1.0])
    assert interval.high == 1
    assert interval.low == pytest.approx(0.95 - 12.706 * 0.05, abs=1e-4)  # t for 1 degree of freedom
    assert share_over_seeds([0.0, 0.5]).low == 0


def test_exact_interval_where_it_has_a_closed_form():
    none, every = of_units([False] * 20), of_units([True] * 20)
    assert (none.value, none.low, none.high) == pytest.approx((0, 0, 1 - 0.025 ** (1 / 20)))
    assert (every.value, every.low, every.high) == pytest.approx((1, 0.025 ** (1 / 20), 1))
    assert not none.decisive


def test_exact_interval_of_a_single_unit():
    # One of two: P(at least 1 | low) = 1 - (1 - low)^2 = 0.025, and the same from above.
    interval = of_units([True, False])
    low = 1 - math.sqrt(0.975)
    assert (interval.value, interval.low, interval.high) == pytest.approx((0.5, low, 1 - low))


def test_no_units_give_no_value():
    assert math.isnan(of_units([]).value)


def certain(value: float) -> Interval:
    return Interval(value, math.nan, math.nan, decisive=False)


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
    ],
)
def test_bounds_are_included_or_excluded(accepted, value, inside):
    assert (value in accepted) == inside
    assert accepted.reproduced_by(certain(value)) is inside


@pytest.mark.parametrize(
    ("accepted", "low", "high", "reproduced"),
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
def test_the_whole_interval_decides(accepted, low, high, reproduced):
    value = 1 if math.isnan(low) else (low + high) / 2
    assert accepted.reproduced_by(Interval(value, low, high, decisive=True)) is reproduced


@pytest.mark.parametrize("side", [-math.inf, math.inf])
def test_rounding_does_not_decide_at_a_bound(side):
    low, high = math.nextafter(0.005, side), math.nextafter(0.02, side)  # as sums and differences come out
    closed, open_ = AcceptanceRange(at_least=0.005, at_most=0.02), AcceptanceRange(above=0.005, below=0.02)
    assert closed.reproduced_by(Interval(0.01, low, high, decisive=True)) is True
    assert open_.reproduced_by(Interval(0.01, low, high, decisive=True)) is None
    for value in (low, high):
        assert closed.reproduced_by(certain(value)) is True
        assert open_.reproduced_by(certain(value)) is False
    assert open_.reproduced_by(Interval(0, -1, low, decisive=True)) is False
    assert open_.reproduced_by(Interval(1, high, 2, decisive=True)) is False
