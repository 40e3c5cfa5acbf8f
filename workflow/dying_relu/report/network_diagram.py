"""The drawing of a network: the coordinates of its parts, for the template that draws it."""

from collections.abc import Sequence
from math import prod
from typing import Any

from dying_relu.configuration.parameters import ACTIVATIONS
from dying_relu.configuration.run import CLASSES, KERNEL, POOL, Run

# In pixels: from layer to layer, from unit to unit, and down to the middle unit of each layer.
LAYER_SPACING, UNIT_SPACING, CENTER = 220, 24, 145
MAX_CIRCLES = 11  # in a column; if a layer has more units, dots replace the circle in the middle


def network_diagrams(runs: Sequence[Run]) -> list[dict[str, Any]]:
    """A drawing per choice of hidden layers; of more than three, those of the smallest and the largest network."""
    choices = {_layers(run): run for run in runs}
    drawn = list(choices)
    if len(drawn) > 3:
        drawn.sort(key=lambda layers: choices[layers].weights)
        drawn = [drawn[0], drawn[-1]]
    return [diagram([run for run in runs if _layers(run) == layers]) for layers in drawn]


def _layers(run: Run) -> tuple[tuple[int, ...], ...]:
    """What gives a network a drawing of its own: the shape of the images, and the hidden layers."""
    return run.shapes[0], run.convolutions, run.hidden


def diagram(runs: Sequence[Run]) -> dict[str, Any]:
    """A column for the inputs, for each hidden layer and for the outputs.

    `runs` have images of the same shape and the same hidden layers. Their activations, and how many of them have BN,
    stand below each hidden layer.
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
    layers = [(inputs, f"{inputs:,} inputs", [image_size(run)])]
    convolution, pooling = f"{KERNEL} x {KERNEL} convolution,", f"{POOL} x {POOL} max pooling"
    layers += [(units, f"{units} channels", [convolution, *hidden, pooling]) for units in run.convolutions]
    layers += [(units, f"{units} hidden units", hidden) for units in run.hidden]
    layers.append((CLASSES, f"{CLASSES} outputs", ["one per class"]))
    columns = []
    for index, (units, title, lines) in enumerate(layers):
        count = min(units, MAX_CIRCLES)
        circles = [CENTER + UNIT_SPACING * (unit - (count - 1) / 2) for unit in range(count)]
        dots = circles.pop(MAX_CIRCLES // 2) if units > MAX_CIRCLES else None
        x = LAYER_SPACING * index + LAYER_SPACING // 2
        columns.append({"x": x, "title": title, "lines": lines, "circles": circles, "dots": dots})
    lines = max(len(column["lines"]) for column in columns)
    text = 2 * CENTER + 20
    return {"width": LAYER_SPACING * len(columns), "height": text + 10 + 20 * lines, "columns": columns, "text": text}


def image_size(run: Run) -> str:
    """The shape of a run's images, such as `28 x 28 pixels`."""
    channels, rows, columns = run.shapes[0]
    return f"{rows} x {columns} pixels" + f" in {channels} colours" * (channels > 1)


def _batch_norm(runs: Sequence[Run]) -> str:
    """`BN`, `no BN`, or `BN in 3 of 4`; runs that differ only in their seed count once."""
    networks = {run.without_seed for run in runs}
    with_bn = sum(run.batch_norm for run in networks)
    if with_bn in (0, len(networks)):
        return "BN" if with_bn else "no BN"
    return f"BN in {with_bn} of {len(networks)}"
