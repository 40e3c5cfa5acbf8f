"""The claims of claims.yaml: what each says, the rule that judges it, and the runs that it needs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from dying_relu.configuration.config import BASE, Config
from dying_relu.configuration.grids import expand_grid
from dying_relu.configuration.run import Run

FILE = Path(__file__).parents[2] / "claims.yaml"


@dataclass(frozen=True)
class Quantity:
    """What a claim measures, and the values with which it holds.

    `shown_as`: the unit of numbers in text, `percent` or `points`. `allowed`: arguments of `intervals.AcceptanceRange`.
    `smallest_effect`: what is equivalent to 0 within it counts as 0; None if everything counts.
    """

    name: str
    shown_as: str
    allowed: Mapping[str, float]
    smallest_effect: float | None = None

    @property
    def rule(self) -> str:
        """The values with which the claim holds, in words."""
        return f"{self.name}: {self.bounds}"

    @property
    def bounds(self) -> str:
        """What is allowed, in words: `at least 0.50 points and at most 2.00 points`."""
        bounds = " and ".join(f"{word.replace('_', ' ')} {self.show(bound)}" for word, bound in self.allowed.items())
        return bounds + (f", where what is {self.negligible} counts as 0" if self.smallest_effect else "")

    @property
    def negligible(self) -> str:
        """What counts as 0, in words."""
        return f"equivalent to 0 within {self.show(self.smallest_effect)}"

    def show(self, value: float) -> str:
        """A fraction of 1 as text: 0.0105 becomes `1.05 points` or `1.05 %`."""
        return f"{self.number(value)} {'%' if self.shown_as == 'percent' else 'points'}"

    def number(self, value: float) -> str:
        """A fraction of 1 in hundredths, with two decimals; a percentage below 0.1 with two digits."""
        hundredths = 100 * value
        if self.shown_as == "percent" and 0 < abs(hundredths) < 0.1:
            return f"{hundredths:.2g}"
        return f"{hundredths:.2f}".replace("-0.00", "0.00") if hundredths else "0"


@dataclass(frozen=True)
class Claim:
    """An entry of claims.yaml, which explains the fields."""

    id: str
    source: str
    statement: str
    place: str
    article: str
    evaluations: tuple[str, ...]
    runs: Mapping[str, Mapping[str, Any]]
    quantities: tuple[Quantity, ...]
    tolerance: str
    figure: str
    quote: str = ""
    translation: str = ""
    depends_on: tuple[str, ...] = ()
    used_to_choose: str = ""
    first_epoch: int = 1
    last_epoch: int | None = None
    discussion: str = ""

    @property
    def rule(self) -> str:
        """The values with which the claim holds, and why these."""
        frames = f" Frames: up to epoch {self.last_epoch}." if self.last_epoch else ""
        return f"{'; '.join(quantity.rule for quantity in self.quantities)}. Tolerance: {self.tolerance}.{frames}"

    def runs_in(self, config: Config, world: str = BASE) -> dict[int, dict[str, list[Run]]]:
        """For every seed of the configuration the runs of each group; empty if the claim cannot be tested.

        A background is the dW of a pixel that is 0, which no pixel has to be where inputs are standardised. A world may
        override what the claim compares; its runs are then the same, and a run compared with itself says nothing.
        """
        if config.settings["epochs"] < self.first_epoch:
            return {}
        points = {group: list(expand_grid(grid)) for group, grid in self.runs.items()}
        found = {
            seed: {group: [config.find(point, seed, world) for point in own] for group, own in points.items()}
            for seed in config.settings["seeds"]
        }
        runs = [run for groups in found.values() for runs in groups.values() for run in runs]
        if None in runs or len(set(runs)) < len(runs):
            return {}
        return {} if self.figure == "backgrounds" and any(map(has_no_zeros, runs)) else found


def has_no_zeros(run: Run) -> bool:
    """Whether a dark pixel is another input than 0."""
    return run.input_scaling != "unit_interval"


def all_claims() -> list[Claim]:
    """All claims, in the order of claims.yaml."""
    entries = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return [
        Claim(id=name, **(entry | {"quantities": tuple(Quantity(**quantity) for quantity in entry["quantities"])}))
        for name, entry in entries.items()
    ]


def runs_needed(config: Config, worlds: Iterable[str] = (BASE,)) -> dict[str, Run]:
    """The runs whose tables the claims read in these worlds, by name."""
    seeds = (groups for world in worlds for claim in all_claims() for groups in claim.runs_in(config, world).values())
    return {run.name: run for groups in seeds for runs in groups.values() for run in runs}
