"""How surely a number is known: 95 % intervals, by SciPy, and what they say of the values that are allowed."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import stats

CONFIDENCE = 0.95
# Decimals that count against a bound. Accuracies have four, their means a few more; what lies beyond is rounding,
# which must not decide a tie.
DECIMALS = 12


@dataclass(frozen=True)
class Interval:
    """A measured value with the bounds of its interval.

    `low` and `high` are NaN where there is no interval, and all three where something that
    belongs to the value is not a number. `decisive`: whether a verdict needs the whole interval;
    otherwise the value alone decides.
    """

    value: float
    low: float
    high: float
    decisive: bool


def over_seeds(values: Sequence[float]) -> Interval:
    """The mean of one value per seed, with its interval by Student's t distribution.

    Values that are differences within a seed make it the paired interval. One seed has none.
    """
    mean, count = float(np.mean(values)), len(values)
    if count < 2:
        return Interval(mean, math.nan, math.nan, decisive=False)
    half = float(stats.t.ppf((1 + CONFIDENCE) / 2, count - 1) * stats.sem(values))
    return Interval(mean, mean - half, mean + half, decisive=True)


def share_over_seeds(values: Sequence[float]) -> Interval:
    """As `over_seeds`, for shares: an interval that reaches beyond 0 or 1 ends there."""
    found = over_seeds(values)
    low, high = np.clip([found.low, found.high], 0, 1).tolist()
    return replace(found, low=low, high=high)


def of_units(flags: Sequence[bool]) -> Interval:
    """The share of units that are flagged, with its exact interval (Clopper and Pearson 1934)."""
    if not len(flags):
        return Interval(math.nan, math.nan, math.nan, decisive=False)
    count, total = int(np.sum(flags)), len(flags)
    bounds = stats.binomtest(count, total).proportion_ci(CONFIDENCE, method="exact")
    return Interval(count / total, float(bounds.low), float(bounds.high), decisive=False)


@dataclass(frozen=True)
class AcceptanceRange:
    """The values that reproduce a claim: `at_least` and `at_most` belong to them, `above` and `below` do not."""

    at_least: float = -math.inf
    at_most: float = math.inf
    above: float = -math.inf
    below: float = math.inf

    def __contains__(self, value: float) -> bool:
        return self.at_least <= value <= self.at_most and self.above < value < self.below

    def reproduced_by(self, found: Interval) -> bool | None:
        """True: surely inside. False: surely outside. None: it cannot be said."""
        value, low, high = (round(number, DECIMALS) for number in (found.value, found.low, found.high))
        if math.isnan(value):
            return None
        if not found.decisive:
            return value in self
        if low in self and high in self:
            return True
        too_low = high < self.at_least or high <= self.above
        too_high = low > self.at_most or low >= self.below
        return False if too_low or too_high else None
