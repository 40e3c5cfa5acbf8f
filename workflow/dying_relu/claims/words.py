"""The words of a verdict, by whether the claim holds: on several seeds, and on a single one."""

# None: whether it holds is open. One seed can only agree or disagree with a claim.
ON_SEVERAL_SEEDS = {True: "reproduced", False: "not reproduced", None: "undecided"}
ON_ONE_SEED = {True: "agrees", False: "disagrees", None: "undecided"}
NOT_TESTED = "not tested"


def holds(verdict: str) -> bool | None:
    """Whether the claim holds, by its verdict, on one seed or on several; None if that is open."""
    both = (ON_SEVERAL_SEEDS, ON_ONE_SEED)
    return next((answer for words in both for answer, word in words.items() if word == verdict), None)
