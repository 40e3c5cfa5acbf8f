"""What a claim measures, seed by seed, and the intervals over the seeds or over their units."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from dying_relu.claims import quantities
from dying_relu.claims.claims import Claim, Quantity
from dying_relu.claims.intervals import Interval, of_units, over_seeds, share_over_seeds
from dying_relu.claims.quantities import Flags, Groups, concatenate
from dying_relu.tables.summaries import diverged_in


@dataclass(frozen=True)
class Measured:
    """A quantity of a claim, as measured.

    `by_seed`: its value for each seed; NaN if it could not be measured. Where the evidence is units, a value is the
    share of the seed's units, and `units` their number for each seed; otherwise `units` is empty.
    """

    quantity: Quantity
    interval: Interval
    by_seed: Mapping[int, float]
    units: Mapping[int, int]


def measure(claim: Claim, accuracy: str, seeds: Mapping[int, Groups]) -> list[Measured]:
    """The claim's quantities in the order of claims.yaml; none if there are no seeds.

    `accuracy`: the column of `metrics.csv` with the test accuracy. `seeds`: of each seed, the tables of the claim's
    runs by the name of their group.
    """
    found = {seed: _of_one_seed(claim, accuracy, groups) for seed, groups in seeds.items()}
    summary = _units if claim.evidence == "units" else _values
    return [
        summary(quantity, {seed: values[index] for seed, values in found.items()})
        for index, quantity in enumerate(claim.quantities)
        if found
    ]


def _of_one_seed(claim: Claim, accuracy: str, groups: Groups) -> list[float] | list[Flags]:
    """All quantities of one seed. None can be measured if a run has diverged: what it did before proves nothing."""
    if any(diverged_in(run.metrics) for runs in groups.values() for run in runs):
        return [np.empty(0, bool) if claim.evidence == "units" else math.nan] * len(claim.quantities)
    return getattr(quantities, claim.id.replace("-", "_"))(groups, accuracy)


def _values(quantity: Quantity, by_seed: Mapping[int, float]) -> Measured:
    interval = share_over_seeds if quantity.shown_as == "percent" else over_seeds
    return Measured(quantity, interval([*by_seed.values()]), by_seed, units={})


def _units(quantity: Quantity, flags: Mapping[int, Flags]) -> Measured:
    shares = {seed: of_units(own).value for seed, own in flags.items()}
    interval = of_units(concatenate([*flags.values()]))
    return Measured(quantity, interval, shares, {seed: len(own) for seed, own in flags.items()})
