"""Intervals against textbook values and closed forms, and what they say of the values that are allowed."""

import math

import pytest

from dying_relu.claims.intervals import AcceptanceRange, Interval, of_units, over_seeds, share_over_seeds


def test_five_seeds():
    # Mean 3, standard deviation sqrt(2.5), and 2.776 from the table of Student's t for 4 degrees of freedom.
    found = over_seeds([1, 2, 3, 4, 5])
    half = 2.776 * math.sqrt(2.5 / 5)
    assert (found.value, found.low, found.high) == pytest.approx((3, 3 - half, 3 + half), abs=1e-3)
    assert found.decisive


def test_seeds_that_agree_leave_no_doubt():
    assert over_seeds([0.25, 0.25, 0.25]) == Interval(0.25, 0.25, 0.25, decisive=True)


def test_one_seed_has_no_interval():
    found = over_seeds([0.25])
    assert (found.value, found.decisive) == (0.25, False)
    assert math.isnan(found.low)
    assert math.isnan(found.high)


@pytest.mark.parametrize("values", [[math.nan], [1, math.nan, 3]])
def test_what_is_not_a_number_stays_none(values):
    assert math.isnan(over_seeds(values).value)
    assert AcceptanceRange(at_most=9).reproduced_by(over_seeds(values)) is None


def test_a_share_ends_at_zero_and_one():
    found = share_over_seeds([0.9, 1.0])
    assert found.high == 1
    assert found.low == pytest.approx(0.95 - 12.706 * 0.05, abs=1e-4)  # t for 1 degree of freedom
    assert share_over_seeds([0.0, 0.5]).low == 0


def test_exact_interval_where_it_has_a_closed_form():
    none, every = of_units([False] * 20), of_units([True] * 20)
    assert (none.value, none.low, none.high) == pytest.approx((0, 0, 1 - 0.025 ** (1 / 20)))
    assert (every.value, every.low, every.high) == pytest.approx((1, 0.025 ** (1 / 20), 1))
    assert not none.decisive


def test_exact_interval_of_a_single_unit():
    # One of two: P(at least 1 | low) = 1 - (1 - low)^2 = 0.025, and the same from above.
    found = of_units([True, False])
    low = 1 - math.sqrt(0.975)
    assert (found.value, found.low, found.high) == pytest.approx((0.5, low, 1 - low))


def test_no_units_give_no_value():
    assert math.isnan(of_units([]).value)


BORDERS = [
    (AcceptanceRange(at_least=0), 0, True),
    (AcceptanceRange(at_most=0), 0, True),
    (AcceptanceRange(above=0), 0, False),
    (AcceptanceRange(below=0), 0, False),
    (AcceptanceRange(at_least=1, at_most=2), 1.5, True),
    (AcceptanceRange(at_least=1, below=2), 2, False),
]


@pytest.mark.parametrize(("allowed", "value", "inside"), BORDERS)
def test_borders_belong_or_do_not(allowed, value, inside):
    assert (value in allowed) == inside
    assert allowed.reproduced_by(Interval(value, math.nan, math.nan, decisive=False)) is inside


@pytest.mark.parametrize(
    ("low", "high", "reproduced"),
    [
        (1, 2, True),
        (1.2, 1.3, True),
        (0.9, 1.5, None),
        (1.5, 2.1, None),
        (0, 3, None),
        (0, 0.9, False),
        (2.1, 3, False),
    ],
)
def test_the_whole_interval_decides(low, high, reproduced):
    found = Interval((low + high) / 2, low, high, decisive=True)
    assert AcceptanceRange(at_least=1, at_most=2).reproduced_by(found) is reproduced


def test_an_interval_that_ends_at_an_open_border_is_outside():
    assert AcceptanceRange(above=0).reproduced_by(Interval(-1, -2, 0, decisive=True)) is False
    assert AcceptanceRange(above=0).reproduced_by(Interval(1, 0, 2, decisive=True)) is None
    assert AcceptanceRange(below=0).reproduced_by(Interval(1, 0, 2, decisive=True)) is False
    assert AcceptanceRange(at_least=0).reproduced_by(Interval(-1, -2, 0, decisive=True)) is None


@pytest.mark.parametrize("side", [-math.inf, math.inf])
def test_rounding_does_not_decide_at_a_border(side):
    low, high = math.nextafter(0.005, side), math.nextafter(0.02, side)  # as sums and differences come out
    closed, opened = AcceptanceRange(at_least=0.005, at_most=0.02), AcceptanceRange(above=0.005, below=0.02)
    assert closed.reproduced_by(Interval(0.01, low, high, decisive=True)) is True
    assert opened.reproduced_by(Interval(0.01, low, high, decisive=True)) is None
    for value in (low, high):
        assert closed.reproduced_by(Interval(value, math.nan, math.nan, decisive=False)) is True
        assert opened.reproduced_by(Interval(value, math.nan, math.nan, decisive=False)) is False
    assert opened.reproduced_by(Interval(0, -1, low, decisive=True)) is False
    assert opened.reproduced_by(Interval(1, high, 2, decisive=True)) is False


def test_what_is_small_but_not_rounding_counts():
    assert AcceptanceRange(above=0).reproduced_by(Interval(1e-9, math.nan, math.nan, decisive=False)) is True


def test_bounds_that_are_not_a_number_leave_it_undecided():
    assert AcceptanceRange(at_least=0).reproduced_by(Interval(1, math.nan, math.nan, decisive=True)) is None
