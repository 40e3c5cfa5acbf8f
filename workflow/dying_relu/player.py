"""What the page's dW player knows of a run: its frames, and the numbers of its units."""

from typing import Any

import pandas as pd

from dying_relu.moments import Moments, frame_label
from dying_relu.run import Run


def moments(run: Run, frames: dict[str, Any]) -> dict[str, list]:
    """For each frame of the run's video what it is called, and the `time` at which it was drawn, in epochs."""
    names = Moments(frames["every"], frames["unit"]).names(run)
    parts = [[int(part) for part in name.split("-")[1::2]] for name in names]
    return {
        "labels": [frame_label(name) for name in names],
        "times": [part[1] / run.steps_per_epoch if len(part) > 1 else part[0] for part in parts],
    }


def numbers(units: pd.DataFrame) -> dict[str, list]:
    """The columns of `units.csv.gz` that the player shows, all units of an epoch after those of the one before.

    Rounded to what is shown: dW to three digits, the background to a level. `flags` has 1 for a dead
    unit, 2 for an inactive and 4 for a dark one, added.
    """
    units = units.sort_values(["epoch", "layer", "unit"])
    return {
        "active": units["active_fraction"].round(4).tolist(),
        "low": [float(f"{value:.2e}") for value in units["dw_min"]],
        "high": [float(f"{value:.2e}") for value in units["dw_max"]],
        "background": [round(value) if value == value else None for value in units["background"]],
        "flags": (units["dead"] + 2 * units["inactive"] + 4 * units["dark"]).tolist(),
    }
