"""How time and memory of a training grow with width, depth and images: growth.csv and growth.png.

Run as a script, it trains one network, and prints what that took as JSON.
"""

import json
import resource
import sys
import time
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from measure.pinned import machine, run_pinned, write

# What grows, and how the figure calls it.
AXES = {"width": "width of one hidden layer", "depth": "hidden layers of 256 units", "images": "training images"}
# What grows, its value, the engine, and the run's parameters.
Point = tuple[str, int, str, dict[str, Any]]
EPOCHS = 2


def points() -> list[Point]:
    """All points; widths and depths with either engine."""
    return [
        *(("width", n, engine, {"hidden": [n]}) for engine, n in product(("numba", "torch"), (64, 256, 1024, 4096))),
        *(("depth", n, engine, {"hidden": [256] * n}) for engine, n in product(("numba", "torch"), (1, 2, 3, 4))),
        *(("images", n, "numba", {"train_images": n}) for n in (7500, 15000, 30000, 60000)),
    ]


def run(raw: Path, results: Path, rounds: int, chosen: Sequence[Point] | None = None) -> None:
    """Measure every point (or those `chosen`) once a round, and write the table and the figure."""
    rows = []
    for turn, (axis, value, engine, parameters) in product(range(1, rounds + 1), chosen or points()):
        command = [sys.executable, __file__, str(raw), engine, json.dumps(parameters)]
        rows.append({"axis": axis, "value": value, "engine": engine} | run_pinned(command))
        print(f"round {turn}: {rows[-1]}", flush=True)
    table = (
        pd.DataFrame(rows)
        .groupby(["axis", "value", "engine"], sort=False)
        .agg(
            epoch_seconds=("seconds", "median"),
            lowest=("seconds", "min"),
            highest=("seconds", "max"),
            peak_mb=("peak_mb", "median"),
            trainings=("seconds", "count"),
        )
        .reset_index()
    )
    write(results, "growth", table, draw(table))


def draw(table: pd.DataFrame) -> Figure:
    """Seconds above and memory below, a column per axis, on logarithmic scales."""
    quantities = {"epoch_seconds": "processor seconds per epoch", "peak_mb": "peak memory, MB"}
    grid = sns.relplot(
        table.melt(["axis", "value", "engine"], list(quantities), var_name="quantity", value_name="amount"),
        **{"x": "value", "y": "amount", "col": "axis", "row": "quantity", "hue": "engine", "style": "engine"},
        **{"kind": "line", "markers": True, "palette": "colorblind", "height": 3.5},
        facet_kws={"sharex": "col", "sharey": "row"},
    )
    grid.set(xscale="log", yscale="log")
    for (quantity, axis), panel in grid.axes_dict.items():
        panel.set(title="", xlabel=AXES[axis], ylabel=quantities[quantity])
        values = sorted(set(table.loc[table["axis"] == axis, "value"]))
        panel.set_xticks(values, [f"{value:,}" for value in values])
        panel.xaxis.set_minor_locator(NullLocator())
    grid.figure.suptitle(machine(), fontsize="small")
    return grid.figure


def train_once(raw: Path, engine: str, parameters: dict[str, Any]) -> dict[str, float]:
    """Processor seconds of an epoch, and the peak memory of the process in MB.

    An epoch has all that a job does: training, measuring, and writing tables and frames. What a job does once is in the
    difference of two trainings no more; the first of three compiles.
    """
    from dying_relu.configuration.config import load_config
    from dying_relu.data.images import load_images
    from dying_relu.engines.engine import choose, prepare_torch
    from dying_relu.measurements.frame_schedule import FrameSchedule
    from dying_relu.training.checkpoints import Checkpoints
    from dying_relu.training.train import Outputs, train

    prepare_torch(1)
    seconds = []
    for epochs in (1, 1, 1 + EPOCHS):
        experiments = {"growth": {"title": "Growth", "grids": [{"batch_size": 100} | parameters]}}
        (run,) = load_config({"epochs": epochs, "seeds": [1], "experiments": experiments}).runs.values()
        images = load_images(raw, run.train_images)
        started = time.process_time()
        with TemporaryDirectory() as name:
            checkpoints = Checkpoints(Path(name) / "checkpoint", {}, 3600)
            schedule, outputs = FrameSchedule(1, "epoch"), Outputs.within(Path(name))
            train(run, images, choose(engine, run), "gradient", schedule, outputs, checkpoints)
        seconds.append(time.process_time() - started)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return {"seconds": (seconds[2] - seconds[1]) / EPOCHS, "peak_mb": peak / 1e6}


if __name__ == "__main__":
    print(json.dumps(train_once(Path(sys.argv[1]), sys.argv[2], json.loads(sys.argv[3]))))
