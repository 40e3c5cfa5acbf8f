"""What the page says of the claims: the rows of `claims.csv` as text, with figure and discussion."""

from typing import Any

import pandas as pd
from jinja2 import Environment

from dying_relu.claims.claims import Claim, all_claims
from dying_relu.configuration.config import Config
from dying_relu.report import captions


def judged_claims(config: Config, table: pd.DataFrame, page: Environment) -> list[dict[str, Any]]:
    """Of each claim its rows, one per evaluation, its figure, and the discussion of a surprise.

    `table` is `claims.csv`, all of it text.
    """
    claims = all_claims()
    rows = {
        claim.id: {
            evaluation: _row(claim, row)
            for evaluation, row in zip(
                claim.evaluations, table[table["claim"] == claim.id].to_dict("records"), strict=True
            )
        }
        for claim in claims
    }
    return [
        {
            **{
                key: getattr(claim, key)
                for key in ("id", "statement", "place", "article", "rule", "evidence", "source")
            },
            "rows": list(rows[claim.id].values()),
            "figure": _figure_of(claim, config),
            "discussion": page.from_string(claim.discussion).render(rows[claim.id], all=rows).strip(),
        }
        for claim in claims
    ]


def _row(claim: Claim, row: dict[str, Any]) -> dict[str, Any]:
    """A row of `claims.csv` as text: what was measured, and its interval, or nothing where there is none.

    `name` and `allowed` say what was measured and which values reproduce the claim; `size` is the measured value
    without its sign, `value` the number itself, NaN where there is none.
    """
    first = claim.quantities[0]
    return {
        **{key: row[key] for key in ("evaluation", "verdict", "seeds", "details")},
        "name": first.name,
        "allowed": first.rule.removeprefix(f"{first.name}: "),
        "value": float(row["measured"] or "nan"),
        "measured": first.show(float(row["measured"])) if row["measured"] else "",
        "size": first.show(abs(float(row["measured"]))) if row["measured"] else "",
        "interval": f"{first.number(float(row['low']))} to {first.number(float(row['high']))}" if row["low"] else "",
        "parts": row["details"].split("; ") if row["details"] else [],
    }


def _figure_of(claim: Claim, config: Config) -> str | None:
    """The address within the page of the figure that shows the runs of a claim, or most of them."""
    runs = {run for groups in claim.runs_in(config)[:1] for runs in groups.values() for run in runs}
    shown = config.comparisons if claim.figure in captions.OF_COMPARISONS else config.experiments
    overlaps = {name: len(runs & set(one.runs)) for name, one in shown.items()}
    best = max(overlaps, key=overlaps.get, default=None)
    return f"figure-{claim.figure}-{best}" if best and overlaps[best] else None
