"""The page's table of claims: the rows of `claims.csv` as text, with figure and discussion."""

from typing import Any

import pandas as pd
from jinja2 import Environment

from dying_relu.claims.claims import Claim, all_claims
from dying_relu.claims.words import holds
from dying_relu.configuration.config import Config
from dying_relu.report import captions


def judged_claims(config: Config, table: pd.DataFrame, templates: Environment) -> list[dict[str, Any]]:
    """Each claim with a row per evaluation, its figure, and a discussion if its result is surprising.

    `table` is `claims.csv` with every value as text. A claim's discussion is a Jinja2 template that sees the rows of
    all claims.
    """
    claims = all_claims()
    rows = {}
    for claim in claims:
        own = table[table["claim"] == claim.id].to_dict("records")
        rows[claim.id] = {name: _row(claim, row) for name, row in zip(claim.evaluations, own, strict=True)}
    return [
        vars(claim)
        | {
            "rule": claim.rule,
            "rows": list(rows[claim.id].values()),
            "figure": _figure_id(claim, config),
            "discussion": templates.from_string(claim.discussion).render(rows[claim.id], all=rows).strip(),
        }
        for claim in claims
    ]


def _row(claim: Claim, row: dict[str, Any]) -> dict[str, Any]:
    """A row of `claims.csv` as the page and the discussions show it.

    `holds`: whether the claim does, None if that is open; `one_seed`: whether a single seed says so. Of the claim's
    first quantity, `allowed` are the values with which the claim holds, `value` is the measured number, `measured` the
    same as text and `size` without its sign. `parts` are all quantities as text. What was not measured is empty
    (`value` NaN).
    """
    quantity = claim.quantities[0]
    value = float(row["measured"] or "nan")
    bounds = [quantity.number(float(row[end])) for end in ("low", "high") if row[end]]
    return {
        **{key: row[key] for key in ("evaluation", "verdict")},
        "holds": holds(row["verdict"]),
        "one_seed": row["seeds"] == "1",
        "allowed": quantity.bounds,
        "value": value,
        "measured": quantity.show(value) if row["measured"] else "",
        "size": quantity.show(abs(value)) if row["measured"] else "",
        "interval": " to ".join(bounds),
        "parts": row["details"].split("; ") if row["details"] else [],
    }


def _figure_id(claim: Claim, config: Config) -> str | None:
    """The id of the figure that shows most of the claim's runs; None if no figure shows any."""
    runs = {run for groups in claim.runs_in(config).values() for runs in groups.values() for run in runs}
    candidates = config.comparisons if claim.figure in captions.OF_COMPARISONS else config.experiments
    overlaps = {name: len(runs & set(candidate.runs)) for name, candidate in candidates.items()}
    best = max(overlaps, key=overlaps.get, default=None)
    return f"figure-{claim.figure}-{best}" if best and overlaps[best] else None
