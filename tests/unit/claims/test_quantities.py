"""Every claim against synthetic tables, for each of its verdicts."""

import math
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pytest

from dying_relu.claims.claims import all_claims
from dying_relu.claims.quantities import mid_gray, stays_black, two_causes_of_black
from dying_relu.claims.verdicts import judge
from dying_relu.tables.dark_units import causes_of_dark_units
from dying_relu.tables.summaries import BATCH_STATISTICS, RUNNING_AVERAGES

CLAIMS = {claim.id: claim for claim in all_claims()}
EPOCHS = 10
REPRODUCED, NOT, UNDECIDED = "reproduced", "not reproduced", "undecided"


@dataclass
class Tables:
    """Synthetic tables of a run."""

    metrics: pd.DataFrame = field(default_factory=pd.DataFrame)
    units: pd.DataFrame = field(default_factory=pd.DataFrame)
    batches: pd.DataFrame = field(default_factory=pd.DataFrame)


def course(*values: float) -> Tables:
    """A run with these accuracies, epoch by epoch, under both evaluations."""
    accuracies = {RUNNING_AVERAGES: values, BATCH_STATISTICS: values}
    return Tables(pd.DataFrame({"epoch": range(1, len(values) + 1)} | accuracies))


def accuracy(value: float, epochs: int = EPOCHS) -> Tables:
    """A run that ends at an accuracy, after lower ones: a mean over more than the last tenth would differ."""
    return course(*[0.5] * (epochs - 1), value)


def units(dark, dw=1.0, **others) -> Tables:
    """A run's units, from `[epochs, units]` of 0 and 1; of the other columns, what is not given is 0."""
    epochs, count = np.shape(dark)
    columns = {"dark": dark, "dead": 0, "inactive": 0, "background": 0, "dw_min": 0.0} | others
    flat = {name: value if np.isscalar(value) else np.ravel(value) for name, value in columns.items()}
    table = pd.DataFrame({"epoch": np.repeat(np.arange(1, epochs + 1), count)} | flat)
    # A dark square's range is 1e-6; the brightest pixel of a range of 1 is 254.97.
    return Tables(units=table.assign(dw_max=np.where(table["dark"], 1e-6, dw)))


def verdict(claim: str, seeds: list[dict], evaluation: str | None = None) -> str:
    return judge(CLAIMS[claim], evaluation or CLAIMS[claim].evaluations[0], seeds)["verdict"]


def penalty(difference: float, other: float = 0.98) -> dict:
    """Mini-batch 10 ends `difference` below the others, of which two are above and two below their mean."""
    others = [accuracy(other + shift) for shift in (0.001, -0.001, 0.002, -0.002)]
    return {"small": [accuracy(other - difference)], "others": others}


def two_penalties(batch: float, running: float) -> dict:
    """The penalty of mini-batch 10 with mini-batch statistics, and with running averages."""
    groups = penalty(running)
    groups["small"][0].metrics[BATCH_STATISTICS] += running - batch
    return groups


def groups(with_bn: Tables, without: Tables) -> dict:
    return {"with": [with_bn], "without": [without]}


def pair(with_bn: float, without: float) -> dict:
    return groups(accuracy(with_bn), accuracy(without))


def slopes(*means: float) -> dict:
    """Five runs with these accuracies from epoch 20 on. Before, the first one is far off, which does not count."""
    first, *others = means
    *leaky, relu = course(*[0.1] * 19, *[first] * 11), *(course(*[mean] * 30) for mean in others)
    return {"slopes": leaky, "relu": [relu]}


def changed(flags: np.ndarray, epochs, units, value: int) -> np.ndarray:
    flags = flags.copy()
    flags[epochs, units] = value
    return flags


# Twenty epochs of four units. In the last two all squares are dark, as after a mini-batch without errors.
ALIVE = np.zeros((20, 4), int)
DARK = changed(ALIVE, slice(18, None), slice(None), 1)
BLACK = changed(DARK, slice(8, None), 2, 1)  # from before the middle of the 18 frames that show something
DEAD_ONCE = changed(ALIVE, 3, 2, 1)
NOTHING = np.ones((5, 4))


def gray(share: float) -> Tables:
    """Ten bright squares, of which `share` are mid-gray, and ten dark ones, which do not count."""
    background = [[100] * round(10 * share) + [10] * round(10 - 10 * share) + [100] * 10]
    return units(dark=[[0] * 10 + [1] * 10], background=background)


def perfect(*shares: float) -> Tables:
    return Tables(pd.DataFrame({"epoch": range(1, len(shares) + 1), "perfect_batches": shares}))


def dark_units(inactive: int, vanished: int, present: int) -> Tables:
    """Two epochs of ten units. The last mini-batch of the first has no error and a loss of 0.001, that of the second
    an error."""
    dark, silent = np.zeros((2, 10), int), np.zeros((2, 10), int)
    dark[0, : inactive + vanished] = 1
    silent[0, :inactive] = 1
    dark[1, :present] = 1
    tables = units(dark, inactive=silent)
    rows = {"epoch": [1, 1, 2, 2], "batch": [1, 2, 1, 2], "accuracy": [0.9, 1, 1, 0.99], "loss": [1, 1e-3, 1e-3, 1e-3]}
    tables.batches = pd.DataFrame(rows)
    return tables


LEVELS = (0.9, 0.965, 0.975, 0.98, 0.984, 0.9871)
STUCK, COMMON = perfect(0, 0, 1, 1), perfect(0, 0, 0.95, 0.95)
FLAT, DROPS = course(*[0.98] * 20), course(*[0.98] * 19, 0.9)
WHOLE, TORN = course(*[0.98] * 30), course(*[0.98] * 24, math.nan, *[0.98] * 5)
CASES = [
    # As floats, the differences are not quite 0.5 and 2 points.
    *[("small-batch-penalty", [penalty(points, other)], REPRODUCED) for points in (0.005, 0.02) for other in LEVELS],
    ("small-batch-penalty", [penalty(0.0049)], NOT),
    ("small-batch-penalty", [penalty(0.0201)], NOT),
    ("small-batch-penalty", [penalty(d) for d in (0.001, 0.010, 0.019)], UNDECIDED),
    ("small-batch-penalty", [penalty(0.01), penalty(math.nan)], UNDECIDED),
    ("bn-lowers-test-accuracy", [pair(0.98, 0.98)], NOT),
    ("bn-lowers-test-accuracy", [pair(0.98, 0.985), pair(0.98, 0.975)], UNDECIDED),
    ("bn-lowers-test-accuracy", [pair(0.98, math.nan)], UNDECIDED),
    # Between seeds both scatter by a point; within a seed BN is a tenth of a point lower: the pairs decide.
    ("bn-lowers-test-accuracy", [pair(0.96, 0.961), pair(0.97, 0.9711), pair(0.98, 0.9809)], REPRODUCED),
    ("bn-lowers-test-accuracy-leaky", [pair(0.97, 0.98)], REPRODUCED),
    ("bn-lowers-test-accuracy-leaky", [pair(0.98, 0.98)], NOT),
    ("about-98-percent", [{"sizes": [accuracy(a) for a in (0.96, 0.976)]}], REPRODUCED),
    ("about-98-percent", [{"sizes": [accuracy(0.975)]}], REPRODUCED),
    ("about-98-percent", [{"sizes": [accuracy(0.985)]}], NOT),
    ("about-98-percent", [{"sizes": [accuracy(0.98), accuracy(math.nan)]}], UNDECIDED),
    ("slopes-agree", [slopes(0.98, 0.981, 0.979, 0.977, 0.98)], REPRODUCED),
    ("slopes-agree", [slopes(0.98, 0.981, 0.979, 0.975, 0.98)], NOT),
    ("slopes-agree", [slopes(*[0.98] * 4, 0.98 - d) for d in (0.004, 0.006)], UNDECIDED),
    # Epoch 20 itself counts, and an epoch that is not a number is not left out.
    ("slopes-agree", [{"slopes": [FLAT] * 4, "relu": [FLAT]}], REPRODUCED),
    ("slopes-agree", [{"slopes": [FLAT] * 4, "relu": [DROPS]}], NOT),
    ("slopes-agree", [{"slopes": [WHOLE, TORN, WHOLE, WHOLE], "relu": [WHOLE]}], UNDECIDED),
    *[("slopes-agree", [slopes(*[level] * 4, level - 0.005)], REPRODUCED) for level in LEVELS],
    ("even-change-with-bn", [{"sizes": [units(DARK), units(DARK)]}], REPRODUCED),
    ("even-change-with-bn", [{"sizes": [units(DARK), units(BLACK)]}], NOT),
    ("even-change-with-bn", [{"sizes": [units(DARK), units(NOTHING)]}], UNDECIDED),
    ("black-units-leaky-without-bn", [groups(units(DARK), units(BLACK))], REPRODUCED),
    ("black-units-leaky-without-bn", [groups(units(DARK), units(DARK))], NOT),  # none without BN
    ("black-units-leaky-without-bn", [groups(units(BLACK), units(BLACK))], NOT),  # one with BN, too
    ("black-units-leaky-without-bn", [groups(units(DARK), units(BLACK, dead=DEAD_ONCE))], NOT),  # counted as dead
    ("black-units-leaky-without-bn", [groups(units(DARK), units(NOTHING))], UNDECIDED),
    *[
        (claim, seeds, expected)
        for claim in ("gray-background-with-bn", "gray-background-while-strokes-are-bright")
        for seeds, expected in [
            ([groups(gray(0.9), gray(0.5))], REPRODUCED),
            ([groups(gray(0.8), gray(0.5))], NOT),
            ([groups(gray(1.0), gray(0.6))], NOT),
            ([groups(gray(1.0), gray(share)) for share in (0.4, 0.6)], UNDECIDED),
            ([groups(units(dark=[[1] * 4]), units(dark=[[1] * 4]))], UNDECIDED),
        ]
    ],
    ("saturated-training-without-bn", [groups(COMMON, STUCK)], REPRODUCED),
    # One epoch in three with errors: the median epoch of the second half has none.
    ("saturated-training-without-bn", [groups(COMMON, perfect(0, 0, 0, 0.3, 1, 1))], REPRODUCED),
    ("saturated-training-without-bn", [groups(COMMON, perfect(0, 0, 0.98, 0.98))], NOT),
    ("saturated-training-without-bn", [groups(perfect(0, 0, 0.995, 0.995), STUCK)], NOT),
    ("saturated-training-without-bn", [groups(COMMON, perfect(0, 0, 1, math.nan))], UNDECIDED),
    ("saturated-training-without-bn", [groups(perfect(0, 0, s, s), STUCK) for s in (0.995, 0.9)], UNDECIDED),
    ("penalty-comes-from-testing", [two_penalties(0.01, 0)], REPRODUCED),
    ("penalty-comes-from-testing", [two_penalties(0.01, 0.009)], NOT),
    ("penalty-comes-from-testing", [two_penalties(0.001, 0)], NOT),
    ("penalty-comes-from-testing", [two_penalties(0.01, running) for running in (0, 0.004)], UNDECIDED),
    ("two-causes-of-black", [{"without": [dark_units(1, 9, 1)]}], REPRODUCED),  # nine in ten of those of active units
    ("two-causes-of-black", [{"without": [dark_units(1, 8, 1)]}], NOT),
    ("two-causes-of-black", [{"without": [dark_units(0, 9, 0)]}], NOT),
    ("two-causes-of-black", [{"without": [dark_units(3, 0, 0)]}], NOT),
    ("two-causes-of-black", [{"without": [dark_units(0, 0, 0)]}], UNDECIDED),
]  # fmt: skip


@pytest.mark.parametrize(("claim", "seeds", "expected"), CASES, ids=[f"{case[0]}-{case[2]}" for case in CASES])
def test_verdicts(claim, seeds, expected):
    """The synthetic accuracies are the same under both evaluations, and so is the verdict."""
    assert {verdict(claim, seeds, evaluation) for evaluation in CLAIMS[claim].evaluations} == {expected}


def test_each_evaluation_reads_its_own_column():
    seed = groups(accuracy(0.98, epochs=20), accuracy(0.98, epochs=20))
    seed["with"][0].metrics[BATCH_STATISTICS] -= 0.01
    row = judge(CLAIMS["bn-lowers-test-accuracy"], "batch", [seed])
    assert (row["verdict"], row["seeds"], row["measured"]) == (REPRODUCED, 1, pytest.approx(0.01))
    assert math.isnan(row["low"])
    assert math.isnan(row["high"])
    assert verdict("bn-lowers-test-accuracy", [seed], "running") == NOT
    seed["with"][0].metrics.loc[18, RUNNING_AVERAGES] = math.nan  # the last tenth are two epochs
    assert verdict("bn-lowers-test-accuracy", [seed], "running") == UNDECIDED


@pytest.mark.parametrize("claim", ["no-death-with-bn", "no-death-with-leaky"])
def test_a_single_death_in_a_single_epoch_counts(claim):
    alive, died = units(ALIVE), units(ALIVE, dead=DEAD_ONCE)
    alive_groups = {"sizes": [alive], "with": [alive], "without": [alive]}
    row = judge(CLAIMS[claim], "any", [alive_groups])
    assert (row["verdict"], row["measured"]) == (REPRODUCED, 0)
    row = judge(CLAIMS[claim], "any", [alive_groups, {"sizes": [died], "with": [alive], "without": [died]}])
    assert (row["verdict"], row["measured"]) == (NOT, 1 / (8 if claim == "no-death-with-bn" else 16))


def test_a_square_stays_black_where_it_is_while_others_are_not():
    half = np.tile([1, 1, 0, 0], (20, 1))  # which still shows something
    cases = [
        (DARK, [0, 0, 0, 0]),
        (BLACK, [0, 0, 1, 0]),
        (changed(BLACK, [12, 14], 2, 0), [0, 0, 0, 0]),  # bright in two of the nine
        (changed(half, [15], 1, 0), [1, 1, 0, 0]),  # bright in a tenth of the frames
        (changed(half, [15, 16], 1, 0), [1, 0, 0, 0]),
        (NOTHING, []),
    ]
    for dark, expected in cases:
        assert stays_black(units(dark).units).tolist() == expected


def test_backgrounds_of_bright_squares():
    assert mid_gray(gray(0.7).units) == pytest.approx(0.7)
    assert mid_gray(units(dark=[[0] * 4], background=[[63.9, 64, 191, 191.1]]).units) == 0.5
    # A range of 0.0005 reaches 255 * 5 / 6 = 212: not dark, but below nine tenths of full scale.
    weak = units(dark=[[0] * 4], background=[[10] * 4], dw=0.0005)
    seed = groups(Tables(units=pd.concat([weak.units, gray(1.0).units])), gray(0.0))
    assert verdict("gray-background-while-strokes-are-bright", [seed]) == REPRODUCED
    assert verdict("gray-background-with-bn", [seed]) == NOT


def test_causes_of_dark_squares():
    tables = dark_units(inactive=2, vanished=5, present=1)
    assert causes_of_dark_units(tables.units, tables.batches).to_numpy().tolist() == [[2, 5, 0], [0, 0, 1]]
    row = judge(CLAIMS["two-causes-of-black"], "any", [{"without": [tables]}])
    assert row["measured"] == 2 / 8
    shares = [interval.value for interval in two_causes_of_black([{"without": [tables]}], BATCH_STATISTICS)]
    assert shares == pytest.approx([2 / 8, 6 / 8, 5 / 6])
