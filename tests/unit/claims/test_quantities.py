"""Every claim against synthetic tables, for each of its verdicts, on one seed and on several."""

import math
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pytest

from dying_relu.claims.claims import all_claims
from dying_relu.claims.measured import measure
from dying_relu.claims.quantities import mid_gray, stays_black, two_causes_of_black
from dying_relu.claims.verdicts import LABELS, judge
from dying_relu.claims.words import ON_ONE_SEED, ON_SEVERAL_SEEDS
from dying_relu.tables.dark_units import causes_of_dark_units
from dying_relu.tables.summaries import BATCH_STATISTICS, EVALUATIONS, RUNNING_AVERAGES

CLAIMS = {claim.id: claim for claim in all_claims()}
EPOCHS = 10
HOLDS, FAILS, OPEN = True, False, None


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


def judged(claim: str, seeds: list[dict], evaluation: str | None = None) -> dict:
    """The row of a claim, from the groups of each seed."""
    evaluation = evaluation or CLAIMS[claim].evaluations[0]
    column = EVALUATIONS.get(LABELS[evaluation], BATCH_STATISTICS)
    return judge(CLAIMS[claim], evaluation, measure(CLAIMS[claim], column, dict(enumerate(seeds))))


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
    *[("small-batch-penalty", [penalty(points, other)], HOLDS) for points in (0.005, 0.02) for other in LEVELS],
    ("small-batch-penalty", [penalty(0.0049)], FAILS),
    ("small-batch-penalty", [penalty(0.0201)], FAILS),
    ("small-batch-penalty", [penalty(d) for d in (0.001, 0.010, 0.019)], OPEN),
    ("small-batch-penalty", [penalty(0.01), penalty(math.nan)], OPEN),
    ("bn-lowers-test-accuracy", [pair(0.98, 0.98)], FAILS),
    ("bn-lowers-test-accuracy", [pair(0.98, 0.985), pair(0.98, 0.975)], OPEN),
    ("bn-lowers-test-accuracy", [pair(0.98, math.nan)], OPEN),
    # Between seeds both scatter by a point; within a seed BN is a tenth of a point lower: the pairs decide.
    ("bn-lowers-test-accuracy", [pair(0.96, 0.961), pair(0.97, 0.9711), pair(0.98, 0.9809)], HOLDS),
    ("bn-lowers-test-accuracy-leaky", [pair(0.97, 0.98)], HOLDS),
    ("bn-lowers-test-accuracy-leaky", [pair(0.98, 0.98)], FAILS),
    ("about-98-percent", [{"sizes": [accuracy(a) for a in (0.96, 0.976)]}], HOLDS),
    ("about-98-percent", [{"sizes": [accuracy(0.975)]}], HOLDS),
    ("about-98-percent", [{"sizes": [accuracy(0.985)]}], FAILS),
    ("about-98-percent", [{"sizes": [accuracy(0.98), accuracy(math.nan)]}], OPEN),
    ("slopes-agree", [slopes(0.98, 0.981, 0.979, 0.977, 0.98)], HOLDS),
    ("slopes-agree", [slopes(0.98, 0.981, 0.979, 0.975, 0.98)], FAILS),
    ("slopes-agree", [slopes(*[0.98] * 4, 0.98 - d) for d in (0.004, 0.006)], OPEN),
    # Epoch 20 itself counts, and an epoch that is not a number is not left out.
    ("slopes-agree", [{"slopes": [FLAT] * 4, "relu": [FLAT]}], HOLDS),
    ("slopes-agree", [{"slopes": [FLAT] * 4, "relu": [DROPS]}], FAILS),
    ("slopes-agree", [{"slopes": [WHOLE, TORN, WHOLE, WHOLE], "relu": [WHOLE]}], OPEN),
    *[("slopes-agree", [slopes(*[level] * 4, level - 0.005)], HOLDS) for level in LEVELS],
    ("even-change-with-bn", [{"sizes": [units(DARK), units(DARK)]}], HOLDS),
    ("even-change-with-bn", [{"sizes": [units(DARK), units(BLACK)]}], FAILS),
    ("even-change-with-bn", [{"sizes": [units(DARK), units(NOTHING)]}], OPEN),
    ("black-units-leaky-without-bn", [groups(units(DARK), units(BLACK))], HOLDS),
    ("black-units-leaky-without-bn", [groups(units(DARK), units(DARK))], FAILS),  # none without BN
    ("black-units-leaky-without-bn", [groups(units(BLACK), units(BLACK))], FAILS),  # one with BN, too
    ("black-units-leaky-without-bn", [groups(units(DARK), units(BLACK, dead=DEAD_ONCE))], FAILS),  # counted as dead
    ("black-units-leaky-without-bn", [groups(units(DARK), units(NOTHING))], OPEN),
    *[
        (claim, seeds, expected)
        for claim in ("gray-background-with-bn", "gray-background-while-strokes-are-bright")
        for seeds, expected in [
            ([groups(gray(0.9), gray(0.5))], HOLDS),
            ([groups(gray(0.8), gray(0.5))], FAILS),
            ([groups(gray(1.0), gray(0.6))], FAILS),
            ([groups(gray(1.0), gray(share)) for share in (0.4, 0.6)], OPEN),
            ([groups(units(dark=[[1] * 4]), units(dark=[[1] * 4]))], OPEN),
        ]
    ],
    ("saturated-training-without-bn", [groups(COMMON, STUCK)], HOLDS),
    # One epoch in three with errors: the median epoch of the second half has none.
    ("saturated-training-without-bn", [groups(COMMON, perfect(0, 0, 0, 0.3, 1, 1))], HOLDS),
    ("saturated-training-without-bn", [groups(COMMON, perfect(0, 0, 0.98, 0.98))], FAILS),
    ("saturated-training-without-bn", [groups(perfect(0, 0, 0.995, 0.995), STUCK)], FAILS),
    ("saturated-training-without-bn", [groups(COMMON, perfect(0, 0, 1, math.nan))], OPEN),
    ("saturated-training-without-bn", [groups(perfect(0, 0, s, s), STUCK) for s in (0.995, 0.9)], OPEN),
    ("penalty-comes-from-testing", [two_penalties(0.01, 0)], HOLDS),
    ("penalty-comes-from-testing", [two_penalties(0.01, 0.009)], FAILS),
    ("penalty-comes-from-testing", [two_penalties(0.001, 0)], FAILS),
    ("penalty-comes-from-testing", [two_penalties(0.01, running) for running in (0, 0.004)], OPEN),
    ("two-causes-of-black", [{"without": [dark_units(1, 9, 1)]}], HOLDS),  # nine in ten of those of active units
    ("two-causes-of-black", [{"without": [dark_units(1, 8, 1)]}], FAILS),
    ("two-causes-of-black", [{"without": [dark_units(0, 9, 0)]}], FAILS),
    ("two-causes-of-black", [{"without": [dark_units(3, 0, 0)]}], FAILS),
    ("two-causes-of-black", [{"without": [dark_units(0, 0, 0)]}], OPEN),
]  # fmt: skip


@pytest.mark.parametrize(("claim", "seeds", "expected"), CASES, ids=[f"{case[0]}-{case[2]}" for case in CASES])
def test_verdicts(claim, seeds, expected):
    """The synthetic accuracies are the same under both evaluations, and so is the verdict.

    One seed agrees or disagrees. Where it is the same over and over, what it says is reproduced or not.
    """
    words = ON_ONE_SEED if len(seeds) == 1 else ON_SEVERAL_SEEDS
    for evaluation in CLAIMS[claim].evaluations:
        assert judged(claim, seeds, evaluation)["verdict"] == words[expected]
        assert judged(claim, [*seeds] * 2, evaluation)["verdict"] == ON_SEVERAL_SEEDS[expected]


@pytest.mark.parametrize("seeds", [1, 3])
def test_one_seed_leaves_a_claim_open_only_where_it_is_not_measured(seeds):
    whole = [pair(0.98, 0.981), pair(0.98, 0.979), pair(0.98, 0.982)][:seeds]
    assert judged("bn-lowers-test-accuracy", whole)["verdict"] == ("agrees" if seeds == 1 else "undecided")
    torn = [pair(0.98, math.nan), *whole[1:]]
    assert judged("bn-lowers-test-accuracy", torn)["verdict"] == "undecided"
    assert judged("bn-lowers-test-accuracy", [])["verdict"] == "not tested"


def test_each_evaluation_reads_its_own_column():
    seed = groups(accuracy(0.98, epochs=20), accuracy(0.98, epochs=20))
    seed["with"][0].metrics[BATCH_STATISTICS] -= 0.01
    row = judged("bn-lowers-test-accuracy", [seed], "batch")
    assert (row["verdict"], row["seeds"], row["measured"]) == ("agrees", 1, pytest.approx(0.01))
    assert math.isnan(row["low"])
    assert math.isnan(row["high"])
    assert judged("bn-lowers-test-accuracy", [seed], "running")["verdict"] == "disagrees"
    seed["with"][0].metrics.loc[18, RUNNING_AVERAGES] = math.nan  # the last tenth are two epochs
    assert judged("bn-lowers-test-accuracy", [seed], "running")["verdict"] == "undecided"


@pytest.mark.parametrize("claim", ["no-death-with-bn", "no-death-with-leaky"])
def test_a_single_death_in_a_single_epoch_counts(claim):
    alive, died = units(ALIVE), units(ALIVE, dead=DEAD_ONCE)
    alive_groups = {"sizes": [alive], "with": [alive], "without": [alive]}
    died_groups = {"sizes": [died], "with": [alive], "without": [died]}
    units_of_a_seed = 4 if claim == "no-death-with-bn" else 8
    for seeds, verdict, dead in [
        ([alive_groups], "agrees", 0),
        ([died_groups], "disagrees", 1),
        ([alive_groups] * 2, "reproduced", 0),
        ([alive_groups, died_groups], "not reproduced", 1),
    ]:
        row = judged(claim, seeds)
        assert (row["verdict"], row["measured"]) == (verdict, dead / units_of_a_seed / len(seeds))


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
    assert judged("gray-background-while-strokes-are-bright", [seed])["verdict"] == "agrees"
    assert judged("gray-background-with-bn", [seed])["verdict"] == "disagrees"


def test_causes_of_dark_squares():
    tables = dark_units(inactive=2, vanished=5, present=1)
    assert causes_of_dark_units(tables.units, tables.batches).to_numpy().tolist() == [[2, 5, 0], [0, 0, 1]]
    shares = two_causes_of_black({"without": [tables]}, BATCH_STATISTICS)
    assert shares == pytest.approx([2 / 8, 6 / 8, 5 / 6])
