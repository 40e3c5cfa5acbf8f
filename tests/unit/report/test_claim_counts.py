"""The sentence that counts claims: every outcome, on one seed and on several, of one claim and of many."""

import pytest

from dying_relu.report.claim_counts import claims_in_words

YES, NO, OPEN, UNTESTED = "reproduced", "not reproduced", "undecided", "not tested"


@pytest.mark.parametrize(
    ("verdicts", "seeds", "expected"),
    [
        ([[YES], [YES, YES]], 2, "Of the article's two claims two hold in every reading."),
        (
            [[YES], [YES, NO], [NO, NO]],
            2,
            "Of the article's three claims one holds in every reading, one depends on the test, "
            "and one holds in no reading.",
        ),
        ([[YES, OPEN], [OPEN, NO]], 5, "Of the article's two claims two depend on the test."),
        (
            [[OPEN, OPEN], [UNTESTED, UNTESTED], [UNTESTED]],
            2,
            "Of the article's three claims one is undecided and two were not tested.",
        ),
        (
            [["agrees"], ["agrees", "agrees"], ["disagrees"], ["agrees", "disagrees"], [OPEN]],
            1,
            "Of the article's five claims, judged on one seed, two agree with it in every reading, "
            "one depends on the test, one disagrees with it in every reading, and one is undecided.",
        ),
        ([[NO]] * 16, 3, "Of the article's 16 claims 16 hold in no reading."),
    ],
)
def test_claims_are_counted(verdicts, seeds, expected):
    assert claims_in_words(verdicts, seeds) == expected
