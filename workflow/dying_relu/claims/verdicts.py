"""The verdicts on the claims: from the tables of the runs to the rows of `claims.csv` and `claims_seeds.csv`."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from dying_relu.claims.claims import Claim, all_claims
from dying_relu.claims.intervals import Interval, Share
from dying_relu.claims.measured import Measured, measure
from dying_relu.claims.quantities import Choices, RunTables
from dying_relu.claims.words import NOT_TESTED, ON_ONE_SEED, ON_SEVERAL_SEEDS
from dying_relu.configuration.config import Config
from dying_relu.configuration.run import Run
from dying_relu.io.columns import CLAIMS, CLAIMS_SEEDS
from dying_relu.tables.summaries import EVALUATIONS, RUNNING_AVERAGES

# The evaluations of claims.yaml, as claims.csv names them.
LABELS = {"running": "running averages", "batch": "mini-batch statistics", "any": "any"}


def judge_claims(config: Config, tables_of: Callable[[Run], RunTables]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """`claims.csv`, a row per claim and evaluation, and `claims_seeds.csv`, a row per quantity and seed of these.

    `tables_of` returns the tables of a run.
    """
    rows, values = [], []
    for claim in all_claims():

        def tables_up_to(run: Run, last: int | None = claim.last_epoch) -> RunTables:
            # The same object where all epochs count, since it keeps the metrics that it has read.
            return replace(tables_of(run), last_epoch=last) if last else tables_of(run)

        seeds = claim.runs_in(config)
        for evaluation in claim.evaluations:
            measured = measure_under(claim, evaluation, seeds, tables_up_to)
            rows.append(judge(claim, evaluation, measured))
            values += rows_of_seeds(claim, evaluation, measured)
    return pd.DataFrame(rows, columns=CLAIMS), pd.DataFrame(values, columns=CLAIMS_SEEDS)


def measure_under(
    claim: Claim,
    evaluation: str,
    seeds: Mapping[int, Mapping[str, Sequence[Run]]],
    tables_of: Callable[[Run], RunTables],
    window: str = Choices.window,
) -> list[Measured]:
    """The claim's quantities under one of its evaluations; `seeds` are its runs as `Claim.runs_in` gives them."""
    tables = {
        seed: {group: [*map(tables_of, runs)] for group, runs in groups.items()} for seed, groups in seeds.items()
    }
    return measure(claim, Choices(EVALUATIONS.get(LABELS[evaluation], RUNNING_AVERAGES), window), tables)


def judge(claim: Claim, evaluation: str, measured: Sequence[Measured]) -> dict[str, Any]:
    """The row of a claim under one evaluation; `measured` is empty if the claim could not be tested.

    `measured`, `low` and `high` of the row are those of the first quantity; `details` has all of them.
    """
    first = measured[0].interval if measured else Interval(math.nan)
    return {
        "claim": claim.id,
        "statement": claim.statement,
        "evaluation": LABELS[evaluation],
        "article": claim.article,
        "measured": first.value,
        "low": first.low,
        "high": first.high,
        "seeds": len(measured[0].by_seed) if measured else 0,
        "rule": claim.rule,
        "verdict": _verdict(measured),
        "source": claim.source,
        "used_to_choose": claim.used_to_choose,
        "details": "; ".join(f"{one.quantity.name}: {_shown(one)}" for one in measured),
    }


def rows_of_seeds(claim: Claim, evaluation: str, measured: Sequence[Measured]) -> Iterator[dict[str, Any]]:
    """The rows of `claims_seeds.csv`: the values that the intervals of a claim are made of."""
    for one in measured:
        for value, (seed, found) in zip(one.values, one.by_seed.items(), strict=True):
            yield {
                "claim": claim.id,
                "evaluation": LABELS[evaluation],
                "quantity": one.quantity.name,
                "seed": seed,
                "value": value,
                "count": found.count if isinstance(found, Share) else None,
            }


def _verdict(measured: Sequence[Measured]) -> str:
    """A claim holds if each of its quantities is allowed, and does not if one is not."""
    if not measured:
        return NOT_TESTED
    allowed = [one.holds for one in measured]
    words = ON_ONE_SEED if len(measured[0].by_seed) == 1 else ON_SEVERAL_SEEDS
    return words[False if False in allowed else None if None in allowed else True]


def _shown(measured: Measured) -> str:
    """The measured value as text, with its interval if there is one."""
    quantity, interval = measured.quantity, measured.interval
    if math.isnan(interval.value):
        return "not a number"
    bounds = "" if math.isnan(interval.low) else f" [{quantity.number(interval.low)}, {quantity.number(interval.high)}]"
    return f"{quantity.show(interval.value)}{bounds}{f', {quantity.negligible}' if measured.negligible else ''}"
