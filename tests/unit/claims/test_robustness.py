"""Which claims are robust, on a table by hand."""

import pandas as pd

from dying_relu.claims.robustness import robustness
from dying_relu.io.columns import MULTIVERSE


def table(*rows: dict) -> pd.DataFrame:
    """Rows of `multiverse.csv`; what is not given is as in most of them."""
    usual = {"evaluation": "any", "world": "base", "admissible": True, "verdict": "reproduced"}
    return pd.DataFrame([usual | row for row in rows], columns=MULTIVERSE)


def test_nine_of_ten_admissible_specifications_make_a_verdict_robust():
    nine = [{"claim": "one", "world": f"w{number}"} for number in range(9)]
    other = {"claim": "one", "world": "w9", "verdict": "undecided"}
    one = robustness(table(*nine, other)).loc["one"]
    assert (one["specifications"], one["answer"], one["share"], one["robust"]) == (10, "holds", 0.9, True)
    one = robustness(table(*nine[1:], other, {"claim": "one", "verdict": "not reproduced"})).loc["one"]
    assert (one["share"], one["robust"]) == (0.8, False)


def test_what_is_not_admissible_or_not_tested_does_not_count():
    found = robustness(
        table(
            {"claim": "one", "verdict": "agrees"},
            {"claim": "one", "verdict": "disagrees", "admissible": False},
            {"claim": "one", "verdict": "not tested"},
            {"claim": "other", "verdict": "not tested"},
        )
    )
    assert list(found.index) == ["one"]
    assert found.loc["one", ["specifications", "share"]].tolist() == [1, 1]
    assert found.loc["one", "hangs_on"] == ""


def test_where_nothing_was_tested_there_is_no_row():
    assert robustness(table({"claim": "one", "verdict": "not tested"})).empty


def test_a_claim_hangs_on_the_axis_along_which_it_varies_most():
    rows = [
        {"claim": "one", "world": world, "window": window, "verdict": verdict}
        for world, window, verdict in [
            ("base", "last epoch", "reproduced"),
            ("base", "last tenth", "reproduced"),
            ("other", "last epoch", "not reproduced"),
            ("other", "last tenth", "reproduced"),
            ("third", "last epoch", "not reproduced"),
            ("third", "last tenth", "not reproduced"),
        ]
    ]
    # Holds in 1, 1/2 and 0 of the specifications of a world, and in 1/3 and 2/3 of those of a window.
    assert robustness(table(*rows)).loc["one", "hangs_on"] == "world"
