"""The verdicts on the claims: from the tables of the runs to the rows of `claims.csv`."""

import math
from collections.abc import Callable
from typing import Any

import pandas as pd

from dying_relu.claims import quantities
from dying_relu.claims.claims import Claim, Quantity, all_claims
from dying_relu.claims.intervals import AcceptanceRange, Interval
from dying_relu.claims.quantities import RunTables, Seeds
from dying_relu.configuration.config import Config
from dying_relu.configuration.run import Run
from dying_relu.io.columns import CLAIMS
from dying_relu.tables.summaries import BATCH_STATISTICS, EVALUATIONS, diverged_in

# The evaluations of claims.yaml, as claims.csv names them.
LABELS = {"running": "running averages", "batch": "mini-batch statistics", "any": "any"}


def claims_table(config: Config, tables_of: Callable[[Run], RunTables]) -> pd.DataFrame:
    """`claims.csv`: a row per claim and evaluation; `tables_of` returns the tables of a run."""
    rows = []
    for claim in all_claims():
        seeds = [
            {group: [tables_of(run) for run in runs] for group, runs in groups.items()}
            for groups in claim.runs_in(config)
        ]
        rows += [judge(claim, evaluation, seeds) for evaluation in claim.evaluations]
    return pd.DataFrame(rows, columns=CLAIMS)


def judge(claim: Claim, evaluation: str, seeds: Seeds) -> dict[str, Any]:
    """The row of a claim under one evaluation; `seeds` as in `quantities`, empty if the claim cannot be tested.

    If one of the runs has diverged, nothing is measured, and the claim is undecided: what a run did before it
    diverged proves nothing. `measured`, `low` and `high` are those of the first quantity; `details` has all of them.
    """
    label = LABELS[evaluation]
    measured = []
    if any(diverged_in(run.metrics) for groups in seeds for runs in groups.values() for run in runs):
        measured = [Interval(math.nan)] * len(claim.quantities)
    elif seeds:
        measure = getattr(quantities, claim.id.replace("-", "_"))
        measured = measure(seeds, EVALUATIONS.get(label, BATCH_STATISTICS))
    first = measured[0] if measured else Interval(math.nan)
    details = [f"{q.name}: {_shown(q, interval)}" for q, interval in zip(claim.quantities, measured, strict=False)]
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
        "verdict": _verdict(claim, measured),
        "source": claim.source,
        "evidence": claim.evidence,
        "details": "; ".join(details),
    }


def _verdict(claim: Claim, measured: list[Interval]) -> str:
    """`reproduced` if every quantity is, `not reproduced` if one is not."""
    if not measured:
        return "not tested"
    results = [
        AcceptanceRange(**q.allowed).reproduced_by(interval)
        for q, interval in zip(claim.quantities, measured, strict=True)
    ]
    if False in results:
        return "not reproduced"
    return "undecided" if None in results else "reproduced"


def _shown(quantity: Quantity, measured: Interval) -> str:
    """The measured value as text, with its interval if there is one."""
    if math.isnan(measured.value):
        return "not a number"
    if math.isnan(measured.low):
        return quantity.show(measured.value)
    return f"{quantity.show(measured.value)} [{quantity.number(measured.low)}, {quantity.number(measured.high)}]"
