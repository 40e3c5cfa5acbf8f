"""The network as a drawing: where its parts lie, for the template that draws it."""

from collections.abc import Sequence
from typing import Any

from dying_relu.run import ACTIVATIONS, Run

STEP, MIDDLE = 220, 145  # from layer to layer, and the height of the middle
MOST = 11  # circles in a column; of more units, the one in the middle stands for those left out
GAP = 24


def diagram(runs: Sequence[Run]) -> dict[str, Any]:
    """A column for the pixels, for each hidden layer and for the classes; `runs` have the same hidden layers.

    What the hidden layers do besides is said of all runs: BN in so many of them, and their activations.
    """
    names = list(dict.fromkeys(ACTIVATIONS[run.activation] for run in runs))
    hidden = [f"{_batch_norm(runs)}, then", " or ".join(names)]
    columns = [_column(0, 784, "784 inputs", ["28 x 28 pixels"])]
    columns += [
        _column(place, units, f"{units} hidden units", hidden) for place, units in enumerate(runs[0].hidden, start=1)
    ]
    columns.append(_column(len(columns), 10, "10 outputs", ["a digit each"]))
    return {"width": STEP * len(columns), "height": 2 * MIDDLE + 70, "columns": columns, "text": 2 * MIDDLE + 20}


def _column(place: int, units: int, title: str, lines: list[str]) -> dict[str, Any]:
    count = min(units, MOST)
    heights = [MIDDLE + GAP * (index - (count - 1) / 2) for index in range(count)]
    left_out = MOST // 2 if units > MOST else None
    return {
        "x": STEP * place + STEP // 2,
        "title": title,
        "lines": lines,
        "circles": [y for index, y in enumerate(heights) if index != left_out],
        "dots": heights[left_out] if left_out is not None else None,
    }


def _batch_norm(runs: Sequence[Run]) -> str:
    """`BN`, `no BN`, or `BN in 3 of 4 networks`, where seeds count once."""
    series = {run.series for run in runs}
    with_bn = sum(run.batch_norm for run in series)
    if with_bn in (0, len(series)):
        return "BN" if with_bn else "no BN"
    return f"BN in {with_bn} of {len(series)}"
