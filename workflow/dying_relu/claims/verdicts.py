"""Judging the claims: from the tables of the runs to the rows of `claims.csv`."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from dying_relu.claims import quantities as verdicts
from dying_relu.claims.claims import Claim, Quantity, all_claims
from dying_relu.claims.intervals import AcceptanceRange, Interval
from dying_relu.claims.quantities import BATCH, RUNNING
from dying_relu.configuration.config import Config
from dying_relu.configuration.run import Run
from dying_relu.tables.summaries import diverged_in

# The evaluations of a claim, as claims.yaml names them: how they read, and the column of metrics.csv.
EVALUATIONS = {
    "running": ("running averages", RUNNING),
    "batch": ("mini-batch statistics", BATCH),
    "any": ("any", BATCH),
}


@dataclass(frozen=True)
class RunTables:
    """The tables of one run, read when they are asked for: `verdicts.Tables`."""

    folder: Path

    @cached_property  # each claim asks for it, under each evaluation; the others are asked for once, and are large
    def metrics(self) -> pd.DataFrame:
        return pd.read_csv(self.folder / "metrics.csv")

    @property
    def units(self) -> pd.DataFrame:
        return pd.read_csv(self.folder / "units.csv.gz")

    @property
    def batches(self) -> pd.DataFrame:
        return pd.read_csv(self.folder / "batches.csv.gz")


def claims_table(config: Config, tables_of: Callable[[Run], verdicts.Tables]) -> pd.DataFrame:
    """`claims.csv`: a row per claim and evaluation; `tables_of` gives the tables of a run."""
    return pd.DataFrame([row for claim in all_claims() for row in _rows(claim, config, tables_of)])


def _rows(claim: Claim, config: Config, tables_of: Callable[[Run], verdicts.Tables]) -> list[dict[str, Any]]:
    seeds = [
        {group: [tables_of(run) for run in runs] for group, runs in groups.items()} for groups in claim.runs_in(config)
    ]
    return [judge(claim, evaluation, seeds) for evaluation in claim.evaluations]


def judge(claim: Claim, evaluation: str, seeds: verdicts.Seeds) -> dict[str, Any]:
    """A claim's row under one evaluation; `seeds` as `verdicts` takes it, empty where the claim cannot be tested.

    As soon as one of the runs has diverged, nothing is measured, and the claim is undecided.
    `measured`, `low` and `high` are those of the first quantity; `details` has them all.
    """
    label, column = EVALUATIONS[evaluation]
    nothing = Interval(math.nan, math.nan, math.nan, decisive=False)
    if any(diverged_in(run.metrics) for groups in seeds for runs in groups.values() for run in runs):
        found = [nothing] * len(claim.quantities)  # what a run did before it diverged proves nothing
    else:
        found = getattr(verdicts, claim.id.replace("-", "_"))(seeds, column) if seeds else []
    first = found[0] if found else nothing
    shown = [f"{q.name}: {_shown(q, value)}" for q, value in zip(claim.quantities, found, strict=False)]
    return {
        "claim": claim.id,
        "statement": claim.statement,
        "evaluation": label,
        "article": claim.article,
        "measured": first.value,
        "low": first.low,
        "high": first.high,
        "seeds": len(seeds),
        "rule": claim.rule,
        "verdict": _verdict(claim, found),
        "source": claim.source,
        "evidence": claim.evidence,
        "details": "; ".join(shown),
    }


def _verdict(claim: Claim, found: list[Interval]) -> str:
    """Reproduced only if every quantity is, not reproduced as soon as one is not."""
    if not found:
        return "not tested"
    parts = [
        AcceptanceRange(**q.allowed).reproduced_by(value) for q, value in zip(claim.quantities, found, strict=True)
    ]
    if False in parts:
        return "not reproduced"
    return "undecided" if None in parts else "reproduced"


def _shown(quantity: Quantity, found: Interval) -> str:
    """The measured value, and its interval where there is one."""
    if math.isnan(found.value):
        return "not a number"
    if math.isnan(found.low):
        return quantity.show(found.value)
    return f"{quantity.show(found.value)} [{quantity.number(found.low)}, {quantity.number(found.high)}]"
