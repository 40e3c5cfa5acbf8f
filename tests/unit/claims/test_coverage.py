"""Simulations: intervals cover what they should, and more seeds of the same truth do not turn a verdict."""

import numpy as np
import pytest

from dying_relu.claims.claims import all_claims
from dying_relu.claims.intervals import Share, over_seeds, share_over_seeds
from dying_relu.claims.measured import Measured

UNITS, ROUNDS = 256, 400
CLAIMS = {claim.id: claim for claim in all_claims()}


@pytest.mark.parametrize("seeds", [5, 10, 20])
@pytest.mark.parametrize("share", [0.002, 0.01, 0.3])
@pytest.mark.parametrize("correlation", [0.0001, 0.005, 0.02])  # of the units of a network
def test_intervals_of_shares_cover(seeds, share, correlation):
    random = np.random.default_rng(seeds)
    units = 1 / correlation - 1
    networks = random.binomial(UNITS, random.beta(share * units, (1 - share) * units, (ROUNDS, seeds))) / UNITS
    found = [share_over_seeds([Share(value, UNITS) for value in values]) for values in networks]
    by_student = [over_seeds(values) for values in networks]
    covered, by_student = (np.mean([one.low <= share <= one.high for one in all_]) for all_ in (found, by_student))
    assert covered > by_student - 0.01
    # Where what is rare comes in few networks, and many of it at once, these may be missing among so few seeds.
    assert covered > (0.8 if correlation == 0.02 and share < 0.1 else 0.92)


@pytest.mark.parametrize("seeds", [5, 10, 20])
def test_intervals_of_differences_cover(seeds):
    values = np.random.default_rng(seeds).normal(0.002, 0.001, (ROUNDS, seeds))
    found = [over_seeds(row) for row in values]
    covered = np.mean([interval.low <= 0.002 <= interval.high for interval in found])
    assert covered == pytest.approx(0.95, abs=0.025)


@pytest.mark.parametrize(
    ("claim", "effect", "holds"),
    [
        ("bn-lowers-test-accuracy", 0.003, True),
        ("bn-lowers-test-accuracy", 0.0, False),
        ("bn-lowers-test-accuracy", 0.0004, False),  # smaller than what is of interest
        ("bn-lowers-test-accuracy", 0.0017, True),
        ("bn-lowers-test-accuracy", -0.003, False),
        ("small-batch-penalty", 0.01, True),
        ("small-batch-penalty", 0.0, False),
    ],
)
def test_more_seeds_decide_more_often_and_never_the_other_way(claim, effect, holds):
    """Differences scatter by 0.1 points from seed to seed, as in the article's runs."""
    values = np.random.default_rng(1).normal(effect, 0.001, (ROUNDS // 2, 40))
    right, wrong = [], []
    for seeds in (5, 10, 20, 40):
        answers = [Measured(CLAIMS[claim].quantities[0], dict(enumerate(row[:seeds]))).holds for row in values]
        right.append(np.mean([answer is holds for answer in answers]))
        wrong.append(np.mean([answer is (not holds) for answer in answers]))
    assert right == sorted(right)
    assert right[-1] > 0.9
    assert max(wrong) < 0.06
