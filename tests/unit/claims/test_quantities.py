"""Every claim against synthetic tables, for each of its verdicts, on one seed and on several."""

import math
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pytest

from dying_relu.claims import quantities
from dying_relu.claims.claims import all_claims
from dying_relu.claims.intervals import Share
from dying_relu.claims.measured import measure
from dying_relu.claims.quantities import Choices, RunTables, mid_gray, stays_black, two_causes_of_black
from dying_relu.claims.verdicts import LABELS, judge
from dying_relu.claims.words import ON_ONE_SEED, ON_SEVERAL_SEEDS
from dying_relu.tables.dark_units import causes_of_dark_units
from dying_relu.tables.summaries import BATCH_STATISTICS, EVALUATIONS, RUNNING_AVERAGES, WINDOWS

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
    """A run that has an accuracy in the second half, but for a burst of loss: a mean over any epochs would differ."""
    half = epochs // 2
    return course(*[0.5] * (epochs - half), *[value] * (half - 2), 0.1, value)


def units(dark, dw=1.0, copies=200, **others) -> Tables:
    """A run's units, from `[epochs, units]` of 0 and 1, each unit `copies` times; what is not given is 0."""
    columns = {"dark": dark, "dead": 0, "inactive": 0, "background": 0, "dw_min": 0.0} | others
    wide = {
        name: value if np.isscalar(value) else np.repeat(value, copies, axis=1).ravel()
        for name, value in columns.items()
    }
    table = pd.DataFrame({"epoch": np.repeat(np.arange(1, len(dark) + 1), copies * np.shape(dark)[1])} | wide)
    # A dark square's range is 1e-6; the brightest pixel of a range of 1 is 254.97.
    return Tables(units=table.assign(dw_max=np.where(table["dark"], 1e-6, dw)))


def judged(claim: str, seeds: list[dict], evaluation: str | None = None) -> dict:
    """The row of a claim, from the groups of each seed."""
    evaluation = evaluation or CLAIMS[claim].evaluations[0]
    choices = Choices(EVALUATIONS.get(LABELS[evaluation], RUNNING_AVERAGES))
    return judge(CLAIMS[claim], evaluation, measure(CLAIMS[claim], choices, dict(enumerate(seeds))))


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
    """Four slopes and ReLU, with these accuracies from epoch 20 on; before, one is far off, which does not count."""
    first, *others = means
    *leaky, relu = course(*[0.1] * 19, *[first] * 11), *(course(*[mean] * 30) for mean in others)
    return {"slopes": leaky, "relu": [relu]}


def changed(flags: np.ndarray, epochs, units, value: int) -> np.ndarray:
    flags = flags.copy()
    flags[epochs, units] = value
    return flags


# Twenty epochs of four units, or of four kinds of units. In the last two all squares are dark, as after a mini-batch
# without errors.
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
    """A run of 600 mini-batches an epoch."""
    metrics = pd.DataFrame({"epoch": range(1, len(shares) + 1), "perfect_batches": shares})
    return Tables(metrics, batches=pd.DataFrame({"batch": [1, 600]}))


def memory(share: float) -> Tables:
    """A run that gets this share of the training images right after its last epoch, whatever it did before."""
    return Tables(pd.DataFrame({"epoch": [1, 2], "train_accuracy_eval": [math.nan, share]}))


def deaths(with_bn: int, without: int) -> dict:
    """So many of 800 units are dead in one epoch."""
    networks = [changed(np.zeros((3, 800), int), 1, slice(count), 1) for count in (with_bn, without)]
    return groups(*(units(np.zeros((3, 800)), copies=1, dead=dead) for dead in networks))


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
    # Certain, and too small to matter; in the wrong direction; too uncertain to be called small, or not small.
    ("bn-lowers-test-accuracy", [pair(0.98, 0.98 + d) for d in (0.0003, 0.0004, 0.0005)], FAILS),
    ("bn-lowers-test-accuracy", [pair(0.98, 0.9809)], FAILS),
    ("bn-lowers-test-accuracy", [pair(0.98, 0.978)], FAILS),
    ("bn-lowers-test-accuracy", [pair(0.98, 0.98 + d) for d in (0.004, -0.003)], OPEN),
    ("bn-lowers-test-accuracy", [pair(0.98, 0.985), pair(0.98, 0.975)], OPEN),
    ("bn-lowers-test-accuracy", [pair(0.98, math.nan)], OPEN),
    # Between seeds both scatter by a point; within a seed BN is a fifth of a point lower: the pairs decide.
    ("bn-lowers-test-accuracy", [pair(0.96, 0.962), pair(0.97, 0.9721), pair(0.98, 0.9819)], HOLDS),
    ("bn-lowers-test-accuracy-leaky", [pair(0.97, 0.98)], HOLDS),
    ("bn-lowers-test-accuracy-leaky", [pair(0.98, 0.98)], FAILS),
    ("about-98-percent", [{"sizes": [accuracy(a) for a in (0.96, 0.976)]}], HOLDS),
    ("about-98-percent", [{"sizes": [accuracy(0.975)]}], HOLDS),
    ("about-98-percent", [{"sizes": [accuracy(0.985)]}], FAILS),
    ("about-98-percent", [{"sizes": [accuracy(0.98), accuracy(math.nan)]}], OPEN),
    ("slopes-agree", [slopes(0.98, 0.981, 0.979, 0.977, 0.9)], HOLDS),
    ("slopes-agree", [slopes(0.98, 0.981, 0.979, 0.975, 0.98)], FAILS),
    ("slopes-agree", [slopes(*[0.98] * 3, 0.98 - d, 0.98) for d in (0.004, 0.006)], OPEN),
    ("slopes-agree-with-relu", [slopes(0.98, 0.985, 0.975, 0.98, 0.98)], HOLDS),
    ("slopes-agree-with-relu", [slopes(0.98, 0.98, 0.98, 0.974, 0.98)], FAILS),
    ("slopes-agree-with-relu", [slopes(0.98, 0.98, 0.98, 0.98, 0.986)], FAILS),
    ("slopes-agree-with-relu", [slopes(*[0.98] * 4, 0.98 - d) for d in (0.004, 0.006)], OPEN),
    # Epoch 20 itself counts, and an epoch that is not a number is not left out.
    ("slopes-agree", [{"slopes": [FLAT] * 4}], HOLDS),
    ("slopes-agree", [{"slopes": [FLAT, FLAT, FLAT, DROPS]}], FAILS),
    ("slopes-agree", [{"slopes": [WHOLE, TORN, WHOLE, WHOLE]}], OPEN),
    ("slopes-agree-with-relu", [{"slopes": [WHOLE] * 4, "relu": [TORN]}], OPEN),
    *[("slopes-agree", [slopes(*[level] * 3, level - 0.005, level)], HOLDS) for level in LEVELS],
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
            ([groups(gray(1.0), gray(0.4))], HOLDS),
            ([groups(gray(0.8), gray(0.4))], FAILS),
            ([groups(gray(1.0), gray(0.6))], FAILS),
            ([groups(gray(1.0), gray(share)) for share in (0.4, 0.6)], OPEN),
            ([groups(units(dark=[[1] * 4]), units(dark=[[1] * 4]))], OPEN),
        ]
    ],
    ("saturated-training-without-bn", [groups(COMMON, STUCK)], HOLDS),
    # One epoch in three with errors: the median epoch of the second half has none.
    ("saturated-training-without-bn", [groups(COMMON, perfect(0, 0, 0, 0.3, 1, 1))], HOLDS),
    ("saturated-training-without-bn", [groups(COMMON, perfect(0, 0, 0.98, 0.98))], FAILS),
    ("saturated-training-without-bn", [groups(perfect(0, 0, 0.9995, 0.9995), STUCK)], FAILS),
    ("saturated-training-without-bn", [groups(COMMON, perfect(0, 0, 1, math.nan))], OPEN),
    ("saturated-training-without-bn", [groups(perfect(0, 0, s, s), STUCK) for s in (0.995, 0.9)], OPEN),
    ("memorised-without-bn", [groups(memory(0.99), memory(1))], HOLDS),
    ("memorised-without-bn", [groups(memory(1), memory(1))], FAILS),
    ("memorised-without-bn", [groups(memory(0.99), memory(0.99))], FAILS),
    ("memorised-without-bn", [groups(memory(m), memory(1)) for m in (0.99, 0.9999)], OPEN),
    ("reshuffling-causes-errors-with-bn", [{"once": [STUCK], "reshuffled": [COMMON]}], HOLDS),
    ("reshuffling-causes-errors-with-bn", [{"once": [COMMON], "reshuffled": [COMMON]}], FAILS),
    ("reshuffling-causes-errors-with-bn", [{"once": [STUCK], "reshuffled": [STUCK]}], FAILS),
    ("bn-prevents-deaths", [deaths(0, 8)], HOLDS),  # one percent
    ("bn-prevents-deaths", [deaths(0, 3)], FAILS),  # less than half a percent
    ("bn-prevents-deaths", [deaths(8, 0)], FAILS),
    ("bn-prevents-deaths", [deaths(0, 0), deaths(0, 8)], OPEN),
    ("bn-prevents-deaths-small-batch", [deaths(1, 9)], HOLDS),
    ("penalty-comes-from-testing", [two_penalties(0.01, 0)], HOLDS),
    ("penalty-comes-from-testing", [two_penalties(0.01, 0.009)], FAILS),
    ("penalty-comes-from-testing", [two_penalties(0.001, 0)], FAILS),
    ("penalty-comes-from-testing", [two_penalties(0.01, -0.002)], FAILS),
    ("penalty-comes-from-testing", [two_penalties(0.01, running) for running in (0, 0.004)], OPEN),
    ("two-causes-of-black", [{"without": [dark_units(1, 9, 0)]}], HOLDS),
    ("two-causes-of-black", [{"without": [dark_units(1, 8, 2)]}], FAILS),  # eight in ten of those of active units
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
    seed["with"][0].metrics.loc[12, RUNNING_AVERAGES] = math.nan
    assert judged("bn-lowers-test-accuracy", [seed], "running")["verdict"] == "undecided"


@pytest.mark.parametrize(
    ("counts", "verdict"),
    [
        ([0], "agrees"),
        ([4], "agrees"),  # half a percent of 800
        ([5], "disagrees"),
        ([0, 0], "reproduced"),  # at most 0.23 % of 1,600 units, by Clopper and Pearson
        ([4, 4], "undecided"),
        ([40, 48], "not reproduced"),
        ([0, 40], "undecided"),  # seeds that differ so much
    ],
)
def test_a_death_in_a_single_epoch_counts_and_the_bound_decides(counts, verdict):
    for claim in ("no-death-with-bn", "no-death-with-leaky"):
        seeds = [deaths(0, count) for count in counts]
        if claim == "no-death-with-bn":
            seeds = [{"sizes": seed["without"]} for seed in seeds]
            assert judged(claim, seeds)["measured"] == pytest.approx(np.mean(counts) / 800)
        else:
            seeds = [{"with": seed["without"], "without": seed["without"]} for seed in seeds]
        assert judged(claim, seeds)["verdict"] == verdict


def test_a_share_is_that_of_all_networks_of_a_seed_and_counts_the_units_of_one():
    (share,) = quantities.no_death_with_bn({"sizes": [*deaths(0, 8)["with"], *deaths(0, 8)["without"]]}, Choices())
    assert share == Share(8 / 1600, 800)


def test_details_say_that_a_difference_is_negligible():
    details = judged("bn-lowers-test-accuracy", [pair(0.98, 0.98 + d) for d in (0.0003, 0.0004, 0.0005)])["details"]
    assert details.endswith(", equivalent to 0 within 0.10 points")
    assert "equivalent" not in judged("bn-lowers-test-accuracy", [pair(0.98, 0.982)])["details"]


def test_windows():
    values = pd.Series([0.1] * 10 + [0.2] * 4 + [0.3] * 4 + [0.4, 0.9])
    found = [Choices("accuracy", window).final(Tables(pd.DataFrame({"accuracy": values}))) for window in WINDOWS]
    assert found == pytest.approx([0.3, 0.65, 0.9])  # the last tenth are two epochs


def test_tables_as_a_reader_chooses(tmp_path):
    """A range of 0.0255 / 100 is as bright as one of 0.0255 when dW is a hundred times larger, and epochs can end."""
    pd.DataFrame(
        {"epoch": [1, 2], "unit": 0, "dw_min": [-1e-5, -1.0], "dw_max": [3e-5, 1.0], "background": 9.0, "dark": 0}
    ).to_csv(tmp_path / "units.csv.gz", index=False)
    assert list(RunTables(tmp_path).units["epoch"]) == [1, 2]
    (row,) = RunTables(tmp_path, last_epoch=1, dw_scale=0.1).units.to_dict("records")
    assert (row["dw_min"], row["dw_max"]) == pytest.approx((-1e-6, 3e-6))
    assert row["background"] == pytest.approx(255 * 1e-6 / 1.04e-4)
    assert row["dark"] == 1  # 255 * 4 / 104 is below 25.5
    assert RunTables(tmp_path, last_epoch=1, dw_scale=10).units["dark"].tolist() == [0]


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
        assert stays_black(units(dark, copies=1).units).tolist() == expected


def test_backgrounds_of_bright_squares():
    assert mid_gray(gray(0.7).units).value == pytest.approx(0.7)
    edges = units(dark=[[0] * 4], background=[[63.9, 64, 191, 191.1]], copies=1)
    assert mid_gray(edges.units) == Share(0.5, 4)
    # A range of 0.0005 reaches 255 * 5 / 6 = 212: not dark, but below nine tenths of full scale.
    weak = units(dark=[[0] * 4], background=[[10] * 4], dw=0.0005)
    seed = groups(Tables(units=pd.concat([weak.units, gray(1.0).units])), gray(0.0))
    assert judged("gray-background-while-strokes-are-bright", [seed])["verdict"] == "agrees"
    assert judged("gray-background-with-bn", [seed])["verdict"] == "disagrees"


def test_causes_of_dark_squares():
    tables = dark_units(inactive=2, vanished=5, present=1)
    assert causes_of_dark_units(tables.units, tables.batches).to_numpy().tolist() == [[400, 1000, 0], [0, 0, 200]]
    shares = two_causes_of_black({"without": [tables]}, Choices())
    assert [share.value for share in shares] == pytest.approx([2 / 8, 6 / 8, 5 / 6])
