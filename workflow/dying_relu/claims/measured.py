"""What a claim measures, seed by seed, with the interval over the seeds, and whether the claim allows it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from dying_relu.claims import quantities
from dying_relu.claims.claims import Claim, Quantity
from dying_relu.claims.intervals import (
    AcceptanceRange,
    Interval,
    Share,
    equivalent_to_zero,
    over_seeds,
    share_over_seeds,
)
from dying_relu.claims.quantities import Choices, Groups
from dying_relu.tables.summaries import diverged_in


@dataclass(frozen=True)
class Measured:
    """A quantity of a claim, as measured: `by_seed` has its value for each seed, NaN if it could not be measured."""

    quantity: Quantity
    by_seed: Mapping[int, float | Share]

    @property
    def values(self) -> list[float]:
        """The value of each seed."""
        return [one.value if isinstance(one, Share) else one for one in self.by_seed.values()]

    @cached_property  # the verdict and the text ask for it several times
    def interval(self) -> Interval:
        """The mean over the seeds, with its interval."""
        shares = [one for one in self.by_seed.values() if isinstance(one, Share)]
        return share_over_seeds(shares) if len(shares) == len(self.by_seed) else over_seeds(self.values)

    @property
    def negligible(self) -> bool:
        """Whether the quantity is equivalent to 0, where it has a smallest effect of interest."""
        smallest = self.quantity.smallest_effect
        return bool(smallest) and not math.isnan(self.interval.value) and equivalent_to_zero(self.values, smallest)

    @property
    def holds(self) -> bool | None:
        """Whether the claim holds as far as this quantity goes; None if that is undecided."""
        allowed = AcceptanceRange(**self.quantity.allowed)
        return 0 in allowed if self.negligible else allowed.accepts(self.interval)


def measure(claim: Claim, choices: Choices, seeds: Mapping[int, Groups]) -> list[Measured]:
    """The claim's quantities in the order of claims.yaml; none if there are no seeds.

    `seeds`: of each seed, the tables of the claim's runs by the name of their group.
    """
    found = {seed: _of_one_seed(claim, choices, groups) for seed, groups in seeds.items()}
    return [
        Measured(quantity, {seed: values[index] for seed, values in found.items()})
        for index, quantity in enumerate(claim.quantities)
        if found
    ]


def _of_one_seed(claim: Claim, choices: Choices, groups: Groups) -> list[float | Share]:
    """All quantities of one seed. None can be measured if a run has diverged: what it did before proves nothing."""
    if any(diverged_in(run.metrics) for runs in groups.values() for run in runs):
        return [math.nan] * len(claim.quantities)
    return getattr(quantities, claim.id.replace("-", "_"))(groups, choices)
