"""The quantities of each claim of claims.yaml: a function per claim, of the claim's name with underscores.

Each function takes, of one seed, the tables of the claim's runs by the name of their group, and the column of
`metrics.csv` with the test accuracy. It returns each of the claim's quantities, in the order of claims.yaml: a number
if the evidence is seeds, and the flags of all units if it is units. Shares and accuracies are fractions of 1.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dying_relu.measurements.dw import DARK_BELOW, FULL_SCALE, MID_GRAY, DwRange
from dying_relu.tables.dark_units import causes_of_dark_units
from dying_relu.tables.summaries import BATCH_STATISTICS, RUNNING_AVERAGES, mean_of_last_tenth


@dataclass(frozen=True)
class RunTables:
    """The tables of one run, read from its folder on first use; docs/output.md describes them."""

    folder: Path

    @cached_property  # every claim reads it, under each evaluation; the others are read once, and are large
    def metrics(self) -> pd.DataFrame:
        return pd.read_csv(self.folder / "metrics.csv")

    @property
    def units(self) -> pd.DataFrame:
        return pd.read_csv(self.folder / "units.csv.gz")

    @property
    def batches(self) -> pd.DataFrame:
        return pd.read_csv(self.folder / "batches.csv.gz")


Groups = Mapping[str, Sequence[RunTables]]  # of one seed
Flags = NDArray[np.bool_]  # [units]


def no_death_with_bn(seed: Groups, _accuracy: str) -> list[Flags]:
    return [_ever_dead(seed["sizes"])]


def small_batch_penalty(seed: Groups, accuracy: str) -> list[float]:
    return [_penalty(seed, accuracy)]


def even_change_with_bn(seed: Groups, _accuracy: str) -> list[Flags]:
    return [concatenate([stays_black(run.units) for run in seed["sizes"]])]


def gray_background_with_bn(seed: Groups, _accuracy: str) -> list[float]:
    return [mid_gray(seed[group][0].units) for group in ("with", "without")]


def gray_background_while_strokes_are_bright(seed: Groups, _accuracy: str) -> list[float]:
    return [mid_gray(seed[group][0].units, 0.9 * FULL_SCALE) for group in ("with", "without")]


def saturated_training_without_bn(seed: Groups, _accuracy: str) -> list[float]:
    return [_imperfect(seed[group][0].metrics) for group in ("without", "with")]


def bn_lowers_test_accuracy(seed: Groups, accuracy: str) -> list[float]:
    return [final(seed["without"][0], accuracy) - final(seed["with"][0], accuracy)]


def slopes_agree(seed: Groups, accuracy: str) -> list[float]:
    metrics = [run.metrics for run in [*seed["slopes"], *seed["relu"]]]
    means = [table[table["epoch"] >= 20][accuracy].mean(skipna=False) for table in metrics]
    return [np.max(means) - np.min(means)]


def no_death_with_leaky(seed: Groups, _accuracy: str) -> list[Flags]:
    return [_ever_dead([*seed["with"], *seed["without"]])]


def black_units_leaky_without_bn(seed: Groups, _accuracy: str) -> list[Flags]:
    without = [_black_but_never_dead(run.units) for run in seed["without"]]
    with_bn = [stays_black(run.units) for run in seed["with"]]
    return [concatenate(without), concatenate(with_bn)]


bn_lowers_test_accuracy_leaky = bn_lowers_test_accuracy  # of other runs


def about_98_percent(seed: Groups, accuracy: str) -> list[float]:
    return [np.max([final(run, accuracy) for run in seed["sizes"]])]


def penalty_comes_from_testing(seed: Groups, _accuracy: str) -> list[float]:
    return [_penalty(seed, column) for column in (BATCH_STATISTICS, RUNNING_AVERAGES)]


def two_causes_of_black(seed: Groups, _accuracy: str) -> list[float]:
    """Why squares are dark, over all epochs: three shares, NaN where there is nothing to share.

    Inactive units among the dark squares, active units among the dark squares, and, among those of active units, the
    squares whose mini-batch had next to no loss.
    """
    run = seed["without"][0]
    inactive, vanished, present = causes_of_dark_units(run.units, run.batches).sum()
    active = vanished + present
    return [_share(inactive, inactive + active), _share(active, inactive + active), _share(vanished, active)]


def final(run: RunTables, accuracy: str) -> float:
    """The final accuracy of a run: the mean over the last tenth of its epochs."""
    return mean_of_last_tenth(run.metrics[accuracy])


def concatenate(flags: Sequence[Flags]) -> Flags:
    """The flags of several runs or seeds; none if one of them has none, so that it does not vanish from a verdict."""
    return np.concatenate(flags) if all(map(len, flags)) else np.empty(0, bool)


def stays_black(units: pd.DataFrame) -> Flags:
    """Flag the units whose square stays black, bool `[units]`; empty if no frame can show it.

    A frame can show it if at least half of its squares are not dark. Of these frames the last half counts: a square
    stays black if it is dark in at least nine of ten.
    """
    dark = _per_epoch(units, "dark")
    showing = dark[dark.mean(axis=1) <= 0.5]
    if not len(showing):
        return np.empty(0, bool)
    return showing[len(showing) // 2 :].mean(axis=0) >= 0.9


def mid_gray(units: pd.DataFrame, brightest: float = DARK_BELOW) -> float:
    """The share of squares with a mid-gray background, over all epochs.

    Only squares whose brightest pixel is at least `brightest` count; by default these are the squares that are not
    dark.
    """
    shown = DwRange(units["dw_min"].to_numpy(), units["dw_max"].to_numpy()).brightest >= brightest
    return units["background"][shown].between(*MID_GRAY).mean()


def _share(part: float, whole: float) -> float:
    return part / whole if whole else math.nan


def _black_but_never_dead(units: pd.DataFrame) -> Flags:
    black = stays_black(units)
    return black & ~_per_epoch(units, "dead").any(axis=0) if len(black) else black


def _ever_dead(runs: Sequence[RunTables]) -> Flags:
    return concatenate([_per_epoch(run.units, "dead").any(axis=0) for run in runs])


def _per_epoch(units: pd.DataFrame, column: str) -> NDArray[np.bool_]:
    """A column of `units.csv.gz` as bool `[epochs, units]`."""
    return units[column].to_numpy(bool).reshape(units["epoch"].nunique(), -1)


def _penalty(seed: Groups, accuracy: str) -> float:
    return np.mean([final(run, accuracy) for run in seed["others"]]) - final(seed["small"][0], accuracy)


def _imperfect(metrics: pd.DataFrame) -> float:
    """The share of mini-batches with an error, in the median epoch of the second half."""
    half = metrics["perfect_batches"].tail(-(-len(metrics) // 2))
    return 1 - half.median(skipna=False)
