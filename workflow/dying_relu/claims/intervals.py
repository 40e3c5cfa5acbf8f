"""95 % confidence intervals over seeds, equivalence to 0, and what a claim allows; by SciPy."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

CONFIDENCE = 0.95
QUANTILE = (1 + CONFIDENCE) / 2
# Decimals that are compared with a bound. Accuracies have four and their means a few more; the rest is rounding, which
# must not decide a tie.
DECIMALS = 12


@dataclass(frozen=True)
class Share:
    """A share, in [0, 1], of something that a seed's networks have; `count` is how many of it one network has."""

    value: float
    count: int


@dataclass(frozen=True)
class Interval:
    """A measured value with the bounds of its interval.

    `low` and `high` are NaN if there is no interval, and all three if the value is not a number.
    """

    value: float
    low: float = math.nan
    high: float = math.nan


def over_seeds(values: Sequence[float]) -> Interval:
    """The mean of one value per seed, with its interval by Student's t; a single seed has no interval.

    For differences within a seed, this is the paired interval.
    """
    mean, seeds = float(np.mean(values)), len(values)
    if seeds < 2:
        return Interval(mean)
    half = float(stats.t.ppf(QUANTILE, seeds - 1) * stats.sem(values))
    return Interval(mean, mean - half, mean + half)


def share_over_seeds(shares: Sequence[Share]) -> Interval:
    """The mean share, with the interval of Korn and Graubard 1998; a single seed has no interval.

    It is that of Clopper and Pearson for as many independent units as would scatter like the seeds do, corrected for
    the number of seeds, so that it fits shares near 0 and few seeds. There are never more such units than one network
    of each seed has, since networks of a seed share their initial weights; exactly these where all shares are equal.
    """
    values, seeds = np.array([share.value for share in shares]), len(shares)
    mean = float(values.mean())
    if seeds < 2 or math.isnan(mean):
        return Interval(mean)
    count = sum(share.count for share in shares)
    if np.ptp(values):
        few_seeds = stats.t.ppf(QUANTILE, count - 1) / stats.t.ppf(QUANTILE, seeds - 1)
        count = min(count, mean * (1 - mean) / stats.sem(values) ** 2 * few_seeds**2)
    found = mean * count
    low = float(stats.beta.ppf(1 - QUANTILE, found, count - found + 1)) if mean > 0 else 0.0
    high = float(stats.beta.ppf(QUANTILE, found + 1, count - found)) if mean < 1 else 1.0
    return Interval(mean, low, high)


def equivalent_to_zero(values: Sequence[float], within: float) -> bool:
    """Whether the mean of one value per seed is less than `within` from 0, by two one-sided t tests (5 %) of seeds.

    Values without scatter, a single one among them, are compared as they are.
    """
    if not np.ptp(values):
        return abs(round(float(values[0]), DECIMALS)) < within
    sides = ((-within, "greater"), (within, "less"))
    return all(stats.ttest_1samp(values, bound, alternative=side).pvalue < 1 - CONFIDENCE for bound, side in sides)


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
        """Whether the interval, or a value without one, lies inside; None if that is undecided."""
        value, low, high = (round(number, DECIMALS) for number in (measured.value, measured.low, measured.high))
        if math.isnan(value):
            return None
        if math.isnan(low):
            return value in self
        if low in self and high in self:
            return True
        too_low = high < self.at_least or high <= self.above
        too_high = low > self.at_most or low >= self.below
        return False if too_low or too_high else None
