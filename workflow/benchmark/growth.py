"""How time and memory of trainings grow with width, depth, images and seeds: write growth.csv and growth.png.

Every training is a process of its own, pinned to one and the same core, as in compare.py. Round by round all points
are measured once.
"""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator
from pinned import BenchmarkError, run_pinned

from dying_relu.figures.style import save
from dying_relu.io.atomic import atomic_write
from dying_relu.provenance.provenance import environment

HERE = Path(__file__).parent
ENGINES = {"NumbaEngine": "numba", "TorchEngine": "torch"}
# What grows, and how it is called in the figure.
AXES = {
    "width": "width of one hidden layer",
    "depth": "hidden layers of 256 units",
    "images": "training images",
    "seeds": "seeds",
}


@dataclass(frozen=True)
class Point:
    """One point of the figure: `axis` (a key of AXES) has `value`; the sum of a training per seed is measured."""

    axis: str
    value: int
    engine: str = "auto"
    parameters: dict[str, Any] = field(default_factory=dict)
    seeds: int = 1


def points(widths: Sequence[int], depths: Sequence[int], images: Sequence[int], seeds: Sequence[int]) -> list[Point]:
    """All points; widths and depths with either engine."""
    return [
        *(Point("width", width, engine, {"hidden": [width]}) for engine in ("auto", "torch") for width in widths),
        *(Point("depth", depth, engine, {"hidden": [256] * depth}) for engine in ("auto", "torch") for depth in depths),
        *(Point("images", count, parameters={"train_images": count}) for count in images),
        *(Point("seeds", count, seeds=count) for count in seeds),
    ]  # fmt: skip


def measure(point: Point, raw: Path, epochs: int, core: int) -> dict[str, Any]:
    """A row: processor seconds of an epoch and of the set-up, summed over the seeds, and the largest peak MB."""
    command = [sys.executable, str(HERE / "growth_run.py"), str(raw), str(epochs), point.engine]
    parameters = json.dumps({"batch_size": 100} | point.parameters)
    found = [run_pinned([*command, str(seed), parameters], core) for seed in range(1, point.seeds + 1)]
    return {
        "axis": point.axis,
        "value": point.value,
        "engine": ENGINES[found[0]["engine"]],
        "seconds": sum(one["seconds"] for one in found),
        "setup": sum(one["setup"] for one in found),
        "peak_mb": max(one["peak"] for one in found),
    }


def summarize(rows: pd.DataFrame) -> pd.DataFrame:
    """Median, lowest and highest seconds of an epoch at each point; median seconds of its set-up, and peak memory."""
    return (
        rows.groupby(["axis", "value", "engine"], sort=False)
        .agg(
            epoch_seconds=("seconds", "median"),
            lowest=("seconds", "min"),
            highest=("seconds", "max"),
            setup_seconds=("setup", "median"),
            peak_mb=("peak_mb", "median"),
            trainings=("seconds", "count"),
        )
        .reset_index()
    )


def draw(table: pd.DataFrame, machine: str) -> Figure:
    """Seconds above and memory below, a column per axis, all scales logarithmic."""
    axes_shown = [axis for axis in AXES if axis in set(table["axis"])]
    figure = Figure(figsize=(12, 6), layout="constrained")
    panels = figure.subplots(2, len(axes_shown), sharex="col", sharey="row", squeeze=False)
    for column, axis in enumerate(axes_shown):
        part = table[table["axis"] == axis]
        _curves(panels[0, column], part, "epoch_seconds")
        _proportional(panels[0, column], part)
        _curves(panels[1, column], part, "peak_mb")
        values = sorted(part["value"].unique())
        panels[1, column].set_xticks(values, [f"{value:,}" for value in values])
        panels[1, column].xaxis.set_minor_locator(NullLocator())
        panels[1, column].set_xlabel(AXES[axis])
    panels[0, 0].set_ylabel("processor seconds per epoch")
    panels[1, 0].set_ylabel("peak memory of a training, MB")
    panels[1, 0].set_ylim(100, 2 * table["peak_mb"].max())
    panels[0, 0].legend(loc="upper left", fontsize="small")
    figure.suptitle(machine, fontsize="small")
    return figure


def _curves(panel: Axes, part: pd.DataFrame, column: str) -> None:
    sns.lineplot(
        part, x="value", y=column, hue="engine", style="engine", hue_order=ENGINES.values(),
        style_order=ENGINES.values(), palette="colorblind", markers=True, legend=True, ax=panel,
    )  # fmt: skip
    panel.get_legend().remove()
    panel.set(xscale="log", yscale="log")


def _proportional(panel: Axes, part: pd.DataFrame) -> None:
    """A dotted line through the last point of the slowest curve, along which twice as much takes twice as long."""
    last = part.loc[part["epoch_seconds"].idxmax()]
    values = pd.Series([part["value"].min(), last["value"]])
    line = values * last["epoch_seconds"] / last["value"]
    panel.plot(values, line, color="gray", linestyle=":", zorder=1, label="in proportion")


def main(arguments: Sequence[str] | None = None, chosen: Sequence[Point] | None = None) -> None:
    """`chosen` points instead of the documented ones."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--raw", type=Path, required=True, help="the folder MNIST/raw")
    parser.add_argument("--results", type=Path, required=True, help="where growth.csv and growth.png go")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=2)
    options = parser.parse_args(arguments)
    if chosen is None:
        chosen = points([64, 256, 1024, 4096], [1, 2, 3, 4], [7500, 15000, 30000, 60000], [1, 2, 4])
    core = min(os.sched_getaffinity(0))
    rows = []
    for turn in range(1, options.rounds + 1):
        for point in chosen:
            rows.append(row := measure(point, options.raw, options.epochs, core))
            said = f"{row['seconds']:.3f} s an epoch, {row['peak_mb']:.0f} MB"
            print(f"round {turn}: {point.axis} {point.value}, {row['engine']}: {said}", flush=True)
    table = summarize(pd.DataFrame(rows))
    here = environment()
    machine = f"one core of {here['processor'] or here['architecture']}, {here['system']}"
    with atomic_write(options.results / "growth.csv") as path:
        table.to_csv(path, index=False, float_format="%.4g")
    with atomic_write(options.results / "growth.png") as path:
        save(draw(table, machine), path)
    print(machine)
    print(
        table.round({"epoch_seconds": 3, "lowest": 3, "highest": 3, "setup_seconds": 2, "peak_mb": 0}).to_string(
            index=False
        )
    )


if __name__ == "__main__":
    try:
        main()
    except BenchmarkError as error:
        sys.exit(f"error: {error}")
