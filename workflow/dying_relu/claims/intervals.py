"""95 % confidence intervals, by SciPy, and whether they lie within the values that a claim allows."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import stats

CONFIDENCE = 0.95
# Decimals that are compared with a bound. Accuracies have four and their means a few more; the rest is rounding, which
# must not decide a tie.
DECIMALS = 12


@dataclass(frozen=True)
class Interval:
    """A measured value with the bounds of its interval.

    `low` and `high` are NaN if there is no interval, and all three if the value is not a number. `decisive`: whether
    the whole interval decides the verdict; otherwise the value alone does.
    """

    value: float
    low: float = math.nan
    high: float = math.nan
    decisive: bool = False


def over_seeds(values: Sequence[float]) -> Interval:
    """The mean of one value per seed, with its interval by Student's t; a single seed has no interval.

    For differences within a seed, this is the paired interval.
    """
    mean, count = float(np.mean(values)), len(values)
    if count < 2:
        return Interval(mean)
    half = float(stats.t.ppf((1 + CONFIDENCE) / 2, count - 1) * stats.sem(values))
    return Interval(mean, mean - half, mean + half, decisive=True)


def share_over_seeds(values: Sequence[float]) -> Interval:
    """Like `over_seeds`, for shares: the interval is clipped to 0..1."""
    interval = over_seeds(values)
    low, high = np.clip([interval.low, interval.high], 0, 1).tolist()
    return replace(interval, low=low, high=high)


def of_units(flags: Sequence[bool]) -> Interval:
    """The share of flagged units, with its exact interval (Clopper and Pearson 1934); NaN if there are no units."""
    if not len(flags):
        return Interval(math.nan)
    count, total = int(np.sum(flags)), len(flags)
    bounds = stats.binomtest(count, total).proportion_ci(CONFIDENCE, method="exact")
    return Interval(count / total, float(bounds.low), float(bounds.high))


@dataclass(frozen=True)
class AcceptanceRange:
    """The values with which a claim holds: `at_least` and `at_most` belong to them, `above` and `below` do not."""

    at_least: float = -math.inf
    at_most: float = math.inf
    above: float = -math.inf
    below: float = math.inf

    def __contains__(self, value: float) -> bool:
        return self.at_least <= value <= self.at_most and self.above < value < self.below

    def accepts(self, measured: Interval) -> bool | None:
        """Whether the value (of a decisive interval, all of it) lies inside; None if that is undecided."""
        value, low, high = (round(number, DECIMALS) for number in (measured.value, measured.low, measured.high))
        if math.isnan(value):
            return None
        if not measured.decisive:
            return value in self
        if low in self and high in self:
            return True
        too_low = high < self.at_least or high <= self.above
        too_high = low > self.at_most or low >= self.below
        return False if too_low or too_high else None
