"""What the page's dW player knows of a run: its frames, and the numbers of its units."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from dying_relu.moments import frame_label, frame_of
from dying_relu.run import Run


def frame_names(archive: Path) -> list[str]:
    """The names of a run's frames in their order, from its `dw.npz`; a run that diverged has fewer."""
    with np.load(archive) as arrays:
        return list(dict.fromkeys(map(frame_of, arrays.files)))


def moments(run: Run, names: Sequence[str]) -> dict[str, list]:
    """For each of a run's frames what it is called, and the `time` at which it was drawn, in epochs, by their names."""
    parts = [[int(part) for part in name.split("-") if part.isdigit()] for name in names]
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
