"""The quantities of each claim of claims.yaml: a function per claim, of the claim's name with underscores.

Each function takes, of one seed, the tables of the claim's runs by the name of their group, and what could be chosen
otherwise. It returns each of the claim's quantities, in the order of claims.yaml: a `Share` of what a network has, or
any other number. Shares and accuracies are fractions of 1.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dying_relu.claims.intervals import Share
from dying_relu.measurements.dw import DARK_BELOW, FULL_SCALE, MID_GRAY, DwRange
from dying_relu.tables.dark_units import causes_of_dark_units
from dying_relu.tables.summaries import BATCH_STATISTICS, RUNNING_AVERAGES, WINDOWS, median_of_second_half


@dataclass(frozen=True)
class RunTables:
    """The tables of one run, read from its folder on first use; docs/output.md describes them.

    `last_epoch`: the last whose units are read. `dw_scale`: what dW is multiplied by, and what follows from it.
    """

    folder: Path
    last_epoch: int | None = None
    dw_scale: float = 1.0

    @cached_property  # every claim reads it, under each evaluation; the others are read once, and are large
    def metrics(self) -> pd.DataFrame:
        return pd.read_csv(self.folder / "metrics.csv")

    @property
    def units(self) -> pd.DataFrame:
        units = pd.read_csv(self.folder / "units.csv.gz")
        units = units[units["epoch"] <= (self.last_epoch or math.inf)]
        if self.dw_scale == 1:
            return units
        dw = DwRange(*(self.dw_scale * units[column].to_numpy() for column in ("dw_min", "dw_max")))
        return units.assign(dw_min=dw.smallest, dw_max=dw.largest, background=dw.background, dark=dw.dark.astype(int))

    @property
    def batches(self) -> pd.DataFrame:
        return pd.read_csv(self.folder / "batches.csv.gz")


@dataclass(frozen=True)
class Choices:
    """What the article leaves open of a final accuracy.

    `accuracy`: the column of `metrics.csv`, that is, how it was tested. `window`: a key of WINDOWS.
    """

    accuracy: str = RUNNING_AVERAGES
    window: str = "second half"

    def final(self, run: RunTables) -> float:
        """The final accuracy of a run."""
        return WINDOWS[self.window](run.metrics[self.accuracy])


Groups = Mapping[str, Sequence[RunTables]]  # of one seed
Flags = NDArray[np.bool_]  # [units]


def no_death_with_bn(seed: Groups, _choices: Choices) -> list[Share]:
    return [_ever_dead(seed["sizes"])]


def small_batch_penalty(seed: Groups, choices: Choices) -> list[float]:
    return [_penalty(seed, choices)]


def even_change_with_bn(seed: Groups, _choices: Choices) -> list[Share]:
    return [share_of_units([stays_black(run.units) for run in seed["sizes"]])]


def gray_background_with_bn(seed: Groups, _choices: Choices) -> list[Share]:
    return [mid_gray(seed[group][0].units) for group in ("with", "without")]


def gray_background_while_strokes_are_bright(seed: Groups, _choices: Choices) -> list[Share]:
    return [mid_gray(seed[group][0].units, 0.9 * FULL_SCALE) for group in ("with", "without")]


def saturated_training_without_bn(seed: Groups, _choices: Choices) -> list[Share]:
    return [_imperfect(seed[group][0]) for group in ("without", "with")]


def memorised_without_bn(seed: Groups, _choices: Choices) -> list[float]:
    return [1 - seed[group][0].metrics["train_accuracy_eval"].iloc[-1] for group in ("with", "without")]


def reshuffling_causes_errors_with_bn(seed: Groups, _choices: Choices) -> list[Share]:
    return [_imperfect(seed[group][0]) for group in ("once", "reshuffled")]


def bn_lowers_test_accuracy(seed: Groups, choices: Choices) -> list[float]:
    return [choices.final(seed["without"][0]) - choices.final(seed["with"][0])]


def slopes_agree(seed: Groups, choices: Choices) -> list[float]:
    return [np.ptp([_from_epoch_20(run, choices) for run in seed["slopes"]])]


def slopes_agree_with_relu(seed: Groups, choices: Choices) -> list[float]:
    relu = _from_epoch_20(seed["relu"][0], choices)
    return [np.max([abs(_from_epoch_20(run, choices) - relu) for run in seed["slopes"]])]


def no_death_with_leaky(seed: Groups, _choices: Choices) -> list[Share]:
    return [_ever_dead([*seed["with"], *seed["without"]])]


def black_units_leaky_without_bn(seed: Groups, _choices: Choices) -> list[Share]:
    without = [_black_but_never_dead(run.units) for run in seed["without"]]
    return [share_of_units(without), share_of_units([stays_black(run.units) for run in seed["with"]])]


bn_lowers_test_accuracy_leaky = bn_lowers_test_accuracy  # of other runs


def about_98_percent(seed: Groups, choices: Choices) -> list[float]:
    return [np.max([choices.final(run) for run in seed["sizes"]])]


def bn_prevents_deaths(seed: Groups, _choices: Choices) -> list[float]:
    without, with_bn = (_ever_dead(seed[group]).value for group in ("without", "with"))
    return [without - with_bn]


bn_prevents_deaths_small_batch = bn_prevents_deaths  # of other runs


def penalty_comes_from_testing(seed: Groups, choices: Choices) -> list[float]:
    return [_penalty(seed, replace(choices, accuracy=column)) for column in (BATCH_STATISTICS, RUNNING_AVERAGES)]


def two_causes_of_black(seed: Groups, _choices: Choices) -> list[Share]:
    """Why squares are dark, over all epochs: three shares, NaN where there is nothing to share.

    Inactive units among the dark squares, active units among the dark squares, and, among those of active units, the
    squares whose mini-batch had next to no loss.
    """
    run = seed["without"][0]
    units = run.units
    inactive, vanished, present = causes_of_dark_units(units, run.batches).sum()
    active = vanished + present
    parts = [(inactive, inactive + active), (active, inactive + active), (vanished, active)]
    return [Share(part / whole if whole else math.nan, _count(units)) for part, whole in parts]


def share_of_units(flags: Sequence[Flags]) -> Share:
    """The share of flagged units over all networks of a seed; NaN if one of them has no flags, so that it shows."""
    share = np.concatenate(flags).mean() if all(map(len, flags)) else math.nan
    return Share(float(share), max(map(len, flags)))


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


def mid_gray(units: pd.DataFrame, brightest: float = DARK_BELOW) -> Share:
    """The share of squares with a mid-gray background, over all epochs; NaN if no square counts.

    Only squares whose brightest pixel is at least `brightest` count; by default these are the squares that are not
    dark.
    """
    shown = DwRange(units["dw_min"].to_numpy(), units["dw_max"].to_numpy()).brightest >= brightest
    return Share(units["background"][shown].between(*MID_GRAY).mean(), _count(units))


def _count(units: pd.DataFrame) -> int:
    """The units of the network."""
    return units["epoch"].value_counts().iloc[0]


def _black_but_never_dead(units: pd.DataFrame) -> Flags:
    black = stays_black(units)
    return black & ~_per_epoch(units, "dead").any(axis=0) if len(black) else black


def _ever_dead(runs: Sequence[RunTables]) -> Share:
    return share_of_units([_per_epoch(run.units, "dead").any(axis=0) for run in runs])


def _per_epoch(units: pd.DataFrame, column: str) -> NDArray[np.bool_]:
    """A column of `units.csv.gz` as bool `[epochs, units]`."""
    return units[column].to_numpy(bool).reshape(units["epoch"].nunique(), -1)


def _penalty(seed: Groups, choices: Choices) -> float:
    return np.mean([choices.final(run) for run in seed["others"]]) - choices.final(seed["small"][0])


def _from_epoch_20(run: RunTables, choices: Choices) -> float:
    metrics = run.metrics
    return metrics[metrics["epoch"] >= 20][choices.accuracy].median(skipna=False)


def _imperfect(run: RunTables) -> Share:
    """The share of mini-batches with an error, in the median epoch of the second half."""
    return Share(1 - median_of_second_half(run.metrics["perfect_batches"]), int(run.batches["batch"].max()))
