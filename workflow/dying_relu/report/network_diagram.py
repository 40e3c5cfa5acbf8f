"""The network as a drawing: where its parts lie, for the template that draws it."""

from collections.abc import Sequence
from math import prod
from typing import Any

from dying_relu.configuration.labels import ACTIVATIONS
from dying_relu.configuration.run import CLASSES, KERNEL, POOL, Run

STEP, MIDDLE = 220, 145  # from layer to layer, and the height of the middle
MOST = 11  # circles in a column; of more units, the one in the middle stands for those left out
GAP = 24


def network_diagrams(runs: Sequence[Run]) -> list[dict[str, Any]]:
    """A drawing for each choice of hidden layers; of more than three, for the smallest and the largest network."""
    choices = {_layers(run): run for run in runs}
    drawn = list(choices)
    if len(drawn) > 3:
        by_size = sorted(drawn, key=lambda layers: choices[layers].weights)
        drawn = [by_size[0], by_size[-1]]
    return [diagram([run for run in runs if _layers(run) == layers]) for layers in drawn]


def _layers(run: Run) -> tuple[tuple[int, ...], ...]:
    """What is drawn apart: the shape of the images, and the hidden layers."""
    return run.shapes[0], run.convolutions, run.hidden


def diagram(runs: Sequence[Run]) -> dict[str, Any]:
    """A column for the pixels, for each hidden layer and for the classes.

    `runs` have images of the same size and the same hidden layers. What these do besides is said of all runs: BN in so
    many of them, and their activations.
    """
    activations = " or ".join(dict.fromkeys(ACTIVATIONS[run.activation] for run in runs))
    positions = {run.batch_norm_position for run in runs if run.batch_norm}
    if positions == {"after_activation"}:
        hidden = [f"{activations}, then", _batch_norm(runs)]
    elif len(positions) > 1:
        hidden = [f"{_batch_norm(runs)}, before or after", activations]
    else:
        hidden = [f"{_batch_norm(runs)}, then", activations]
    run = runs[0]
    inputs = prod(run.shapes[0])
    drawn = [(inputs, f"{inputs:,} inputs", [image_size(run)])]
    convolution, pooling = f"{KERNEL} x {KERNEL} convolution,", f"largest of {POOL} x {POOL}"
    drawn += [(units, f"{units} channels", [convolution, *hidden, pooling]) for units in run.convolutions]
    drawn += [(units, f"{units} hidden units", hidden) for units in run.hidden]
    drawn.append((CLASSES, f"{CLASSES} outputs", ["a class each"]))
    columns = [_column(place, *column) for place, column in enumerate(drawn)]
    lines = max(len(column["lines"]) for column in columns)
    text = 2 * MIDDLE + 20
    return {"width": STEP * len(columns), "height": text + 10 + 20 * lines, "columns": columns, "text": text}


def image_size(run: Run) -> str:
    """The images of a run, as `28 x 28 pixels`."""
    channels, rows, columns = run.shapes[0]
    return f"{rows} x {columns} pixels" + f" in {channels} colours" * (channels > 1)


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
    series = {run.without_seed for run in runs}
    with_bn = sum(run.batch_norm for run in series)
    if with_bn in (0, len(series)):
        return "BN" if with_bn else "no BN"
    return f"BN in {with_bn} of {len(series)}"
