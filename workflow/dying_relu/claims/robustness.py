"""Which claims hold, or fail, whatever is assumed; from `multiverse.csv`."""

from typing import Any

import pandas as pd

from dying_relu.claims.words import NOT_TESTED, holds

AXES = ("evaluation", "world", "dw", "window", "frames")
COLUMNS = ["specifications", "answer", "share", "robust", "hangs_on"]
ROBUST = 0.9  # of a claim's admissible specifications agree


def robustness(table: pd.DataFrame) -> pd.DataFrame:
    """Of each claim, how its admissible specifications that were tested agree; `table` is `multiverse.csv`.

    Indexed by claim: `specifications`, their number; `answer`, the commonest of `holds`, `fails` and `undecided`;
    `share`, that of the specifications which give it; `robust`, whether these are at least ROBUST; and `hangs_on`, the
    axis along which this share varies most, empty where it does along none.
    """
    table = table[table["admissible"].astype(bool) & (table["verdict"] != NOT_TESTED)]
    rows = [_robustness(claim, own) for claim, own in table.groupby("claim", sort=False)]
    return pd.DataFrame(rows, columns=["claim", *COLUMNS]).set_index("claim")


def _robustness(claim: str, rows: pd.DataFrame) -> dict[str, Any]:
    words = {True: "holds", False: "fails", None: "undecided"}
    answers = rows["verdict"].map(lambda verdict: words[holds(verdict)])
    answer = answers.mode()[0]
    agrees = answers == answer
    spread = {axis: _spread(agrees, rows[axis]) for axis in AXES}
    most = max(spread, key=spread.get)
    return {
        "claim": claim,
        "specifications": len(rows),
        "answer": answer,
        "share": agrees.mean(),
        "robust": agrees.mean() >= ROBUST,
        "hangs_on": most if spread[most] else "",
    }


def _spread(agrees: pd.Series, axis: pd.Series) -> float:
    """How far the share of specifications that agree differs between the choices on an axis."""
    shares = agrees.groupby(axis.fillna("")).mean()
    return shares.max() - shares.min()
