"""The data of the page's dW player: each run's sprites, the times of its frames, and its units' numbers."""

import json
from collections.abc import Sequence
from typing import Any

import pandas as pd

from dying_relu.configuration.config import Config
from dying_relu.configuration.labels import describe
from dying_relu.configuration.run import Run
from dying_relu.measurements.frame_schedule import frame_label, frame_time
from dying_relu.report.assets import Assets

SPRITES = "sprites"  # the folder of a run's sprites, and the name of the JSON file in it that describes them


def player_context(config: Config, runs: Sequence[Run], assets: Assets) -> dict[str, Any] | None:
    """Write the player's data of `runs` beside the page and return what its template needs; None without runs.

    `data` holds the address of each run's data, `labels` what the run is called. The player starts with the runs
    `left` and `right`: the first comparison whose runs are both there, or else the first run and the last.
    """
    if not runs:
        return None
    pairs = [comparison.runs for comparison in config.comparisons.values() if set(comparison.runs) <= set(runs)]
    left, right = pairs[0] if pairs else (runs[0], runs[-1])
    return {
        "left": left.name,
        "right": right.name,
        "frames_per_second": config.settings["video"]["frames_per_second"],
        "data": {run.name: assets.write_data(f"runs/{run.name}/player.data.js", run_data(run, assets)) for run in runs},
        "labels": {run.name: describe(run) for run in runs},
    }


def run_data(run: Run, assets: Assets) -> dict[str, Any]:
    """A run's data: its sprites and their layout, the label and time of each frame, and the units' numbers."""
    folder = assets.results / "runs" / run.name
    layout = json.loads((folder / SPRITES / f"{SPRITES}.json").read_text())
    frames = [{"label": frame_label(name), "time": frame_time(name, run.steps_per_epoch)} for name in layout["frames"]]
    sprites = [assets.copy(str(path.relative_to(assets.results))) for path in sorted((folder / SPRITES).glob("*.webp"))]
    return layout | {"frames": frames, "sprites": sprites} | unit_numbers(pd.read_csv(folder / "units.csv.gz"))


def unit_numbers(units: pd.DataFrame) -> dict[str, Any]:
    """The numbers of `units.csv.gz` that the player shows: a list per column, epoch by epoch, unit by unit.

    dW is rounded to four significant digits and the background to one decimal, as the player shows them. `flags` adds
    up 1 for a dead unit, 2 for an inactive one and 4 for a black square. `epochs` is the number of epochs.
    """
    units = units.sort_values(["epoch", "layer", "unit"])
    return {
        "epochs": int(units["epoch"].nunique()),
        "active": units["active_fraction"].tolist(),
        "low": [float(f"{value:.4g}") for value in units["dw_min"]],
        "high": [float(f"{value:.4g}") for value in units["dw_max"]],
        "background": units["background"].round(1).tolist(),
        "flags": (units["dead"] + 2 * units["inactive"] + 4 * units["dark"]).astype(int).tolist(),
    }
