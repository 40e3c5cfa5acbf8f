"""How each claim of claims.yaml is measured: a function per claim, named as the claim.

Each takes the runs of the claim, a dictionary per seed from the name of a group to the tables of
its runs, and the column of `metrics.csv` that test accuracy is read from; it returns an interval
for each of the claim's quantities, in their order. Shares and accuracies are fractions of 1.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
import pandas as pd

from dying_relu.claims.intervals import Interval, of_units, over_seeds, share_over_seeds
from dying_relu.measurements.dw import DARK_BELOW, FULL_SCALE, MID_GRAY, DwRange
from dying_relu.tables.dark_units import causes_of_dark_units
from dying_relu.tables.summaries import mean_of_last_tenth

BATCH, RUNNING = "test_accuracy_batch_statistics", "test_accuracy"


class Tables(Protocol):
    """The tables of one run, as docs/output.md describes them."""

    @property
    def metrics(self) -> pd.DataFrame: ...

    @property
    def units(self) -> pd.DataFrame: ...

    @property
    def batches(self) -> pd.DataFrame: ...


Seeds = Sequence[Mapping[str, Sequence[Tables]]]


def no_death_with_bn(seeds: Seeds, _accuracy: str) -> list[Interval]:
    return [of_units(_ever_dead(seeds, "sizes"))]


def small_batch_penalty(seeds: Seeds, accuracy: str) -> list[Interval]:
    return [over_seeds([_penalty(seed, accuracy) for seed in seeds])]


def even_change_with_bn(seeds: Seeds, _accuracy: str) -> list[Interval]:
    return [of_units(_joined([stays_black(run.units) for seed in seeds for run in seed["sizes"]]))]


def gray_background_with_bn(seeds: Seeds, _accuracy: str) -> list[Interval]:
    return [share_over_seeds([mid_gray(seed[group][0].units) for seed in seeds]) for group in ("with", "without")]


def gray_background_while_strokes_are_bright(seeds: Seeds, _accuracy: str) -> list[Interval]:
    return [
        share_over_seeds([mid_gray(seed[group][0].units, 0.9 * FULL_SCALE) for seed in seeds])
        for group in ("with", "without")
    ]


def saturated_training_without_bn(seeds: Seeds, _accuracy: str) -> list[Interval]:
    return [share_over_seeds([_imperfect(seed[group][0].metrics) for seed in seeds]) for group in ("without", "with")]


def bn_lowers_test_accuracy(seeds: Seeds, accuracy: str) -> list[Interval]:
    return [over_seeds([final(seed["without"][0], accuracy) - final(seed["with"][0], accuracy) for seed in seeds])]


def slopes_agree(seeds: Seeds, accuracy: str) -> list[Interval]:
    def spread(seed: Mapping[str, Sequence[Tables]]) -> float:
        metrics = [run.metrics for run in [*seed["slopes"], *seed["relu"]]]
        means = [table[table["epoch"] >= 20][accuracy].mean(skipna=False) for table in metrics]
        return np.max(means) - np.min(means)

    return [over_seeds([spread(seed) for seed in seeds])]


def no_death_with_leaky(seeds: Seeds, _accuracy: str) -> list[Interval]:
    return [of_units(_ever_dead(seeds, "with", "without"))]


def black_units_leaky_without_bn(seeds: Seeds, _accuracy: str) -> list[Interval]:
    without = [_black_but_never_dead(run.units) for seed in seeds for run in seed["without"]]
    with_bn = [stays_black(run.units) for seed in seeds for run in seed["with"]]
    return [of_units(_joined(without)), of_units(_joined(with_bn))]


def bn_lowers_test_accuracy_leaky(seeds: Seeds, accuracy: str) -> list[Interval]:
    return bn_lowers_test_accuracy(seeds, accuracy)


def about_98_percent(seeds: Seeds, accuracy: str) -> list[Interval]:
    return [share_over_seeds([np.max([final(run, accuracy) for run in seed["sizes"]]) for seed in seeds])]


def penalty_comes_from_testing(seeds: Seeds, _accuracy: str) -> list[Interval]:
    return [over_seeds([_penalty(seed, column) for seed in seeds]) for column in (BATCH, RUNNING)]


def two_causes_of_black(seeds: Seeds, _accuracy: str) -> list[Interval]:
    shares = [_shares_of_causes(seed["without"][0]) for seed in seeds]
    return [share_over_seeds(values) for values in zip(*shares, strict=True)]


def final(run: Tables, accuracy: str) -> float:
    """The accuracy that a run arrives at."""
    return mean_of_last_tenth(run.metrics[accuracy])


def stays_black(units: pd.DataFrame) -> np.ndarray:
    """Which units' squares stay black, bool `[units]`; empty where no frame can show it.

    Among the frames in which at least half of the squares are not dark, in the last half of
    these, such a square is dark in at least nine of ten.
    """
    dark = _per_epoch(units, "dark")
    showing = dark[dark.mean(axis=1) <= 0.5]
    if not len(showing):
        return np.empty(0, bool)
    return showing[len(showing) // 2 :].mean(axis=0) >= 0.9


def mid_gray(units: pd.DataFrame, brightest: float = DARK_BELOW) -> float:
    """The share of squares with a mid-gray background, among those of all epochs whose brightest pixel is at least
    `brightest`: without more said, those that are not dark."""
    shown = DwRange(units["dw_min"].to_numpy(), units["dw_max"].to_numpy()).brightest >= brightest
    return units["background"][shown].between(*MID_GRAY).mean()


def _shares_of_causes(run: Tables) -> tuple[float, float, float]:
    """Of the dark squares of all epochs: the shares of inactive and of active units; and of the latter, the share
    whose mini-batch's loss has vanished. NaN where there are none."""
    inactive, vanished, present = causes_of_dark_units(run.units, run.batches).sum()
    active = vanished + present
    return (
        _share(inactive, inactive + active),
        _share(active, inactive + active),
        _share(vanished, active),
    )


def _share(part: float, whole: float) -> float:
    return part / whole if whole else math.nan


def _black_but_never_dead(units: pd.DataFrame) -> np.ndarray:
    black = stays_black(units)
    return black & ~_per_epoch(units, "dead").any(axis=0) if len(black) else black


def _joined(runs: Sequence[np.ndarray]) -> np.ndarray:
    """The units of all runs; none as soon as one run can show nothing, since it must not vanish from a verdict."""
    return np.concatenate(runs) if all(map(len, runs)) else np.empty(0, bool)


def _ever_dead(seeds: Seeds, *groups: str) -> np.ndarray:
    runs = (run for seed in seeds for group in groups for run in seed[group])
    return np.concatenate([_per_epoch(run.units, "dead").any(axis=0) for run in runs])


def _per_epoch(units: pd.DataFrame, column: str) -> np.ndarray:
    """A column of `units.csv.gz` as bool `[epochs, units]`."""
    return units[column].to_numpy(bool).reshape(units["epoch"].nunique(), -1)


def _penalty(seed: Mapping[str, Sequence[Tables]], accuracy: str) -> float:
    return np.mean([final(run, accuracy) for run in seed["others"]]) - final(seed["small"][0], accuracy)


def _imperfect(metrics: pd.DataFrame) -> float:
    """The share of mini-batches with an error in the median epoch of the second half."""
    half = metrics["perfect_batches"].tail(-(-len(metrics) // 2))
    return 1 - half.median(skipna=False)
