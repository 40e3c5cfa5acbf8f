"""How many of the article's claims hold, in a sentence."""

from collections.abc import Sequence

from dying_relu.claims.words import NOT_TESTED, holds

NUMBERS = [
    *("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen"),
]

# What may become of a claim, as the sentence says it of one and of several. `it` is the single seed.
PHRASES = {
    "holds": ("holds in every reading", "hold in every reading"),
    "agrees": ("agrees with it in every reading", "agree with it in every reading"),
    "depends": ("depends on the test", "depend on the test"),
    "fails": ("holds in no reading", "hold in no reading"),
    "disagrees": ("disagrees with it in every reading", "disagree with it in every reading"),
    "open": ("is undecided", "are undecided"),
    "untested": ("was not tested", "were not tested"),
}


def claims_in_words(verdicts: Sequence[Sequence[str]], seeds: int) -> str:
    """Count claims, not verdicts: `Of the article's fourteen claims six hold in every reading, ...`.

    `verdicts`: of each claim, those of its readings, one for each way of testing.
    """
    outcomes = [_outcome(readings, seeds) for readings in verdicts]
    counts = {outcome: outcomes.count(outcome) for outcome in PHRASES if outcome in outcomes}
    parts = [f"{_number(count)} {PHRASES[outcome][count != 1]}" for outcome, count in counts.items()]
    on_seed = ", judged on one seed," if seeds == 1 else ""
    return f"Of the article's {_number(len(verdicts))} claims{on_seed} {_enumeration(parts)}."


def _outcome(readings: Sequence[str], seeds: int) -> str:
    """A key of PHRASES."""
    if NOT_TESTED in readings:
        return "untested"  # each reading needs the same runs
    answers = {holds(verdict) for verdict in readings}
    if len(answers) > 1:
        return "depends"
    several, single = {True: ("holds", "agrees"), False: ("fails", "disagrees"), None: ("open", "open")}[answers.pop()]
    return single if seeds == 1 else several


def _number(count: int) -> str:
    return NUMBERS[count] if count < len(NUMBERS) else str(count)


def _enumeration(parts: Sequence[str]) -> str:
    """`a`, `a and b`, or `a, b, and c`."""
    *first, last = parts
    return f"{', '.join(first)}{',' if len(first) > 1 else ''} and {last}" if first else last
