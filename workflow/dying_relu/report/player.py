"""What the page's dW player is given of each run: its strips, when their frames were drawn, and the units' numbers."""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from dying_relu.configuration.config import Config
from dying_relu.configuration.labels import describe
from dying_relu.configuration.run import Run
from dying_relu.measurements.frame_schedule import frame_label, frame_time
from dying_relu.report.assets import Assets


def player(config: Config, shown: Sequence[Run], media: Assets) -> dict[str, Any] | None:
    """Put what the player needs of the runs `shown` beside the page, and give what its template needs.

    `packs` says by which name the script finds a run, `runs` how it is called; it begins with the runs `left` and
    `right`, the first that are compared. None without runs.
    """
    if not shown:
        return None
    pairs = [pair.runs for pair in config.comparisons.values() if set(pair.runs) <= set(shown)]
    left, right = pairs[0] if pairs else (shown[0], shown[-1])
    return {
        "left": left.name,
        "right": right.name,
        "framesPerSecond": config.settings["video"]["frames_per_second"],
        "packs": {run.name: media.pack(run.name, played(run, media)) for run in shown},
        "runs": {run.name: describe(run) for run in shown},
    }


def played(run: Run, media: Assets) -> dict[str, Any]:
    """A run's strips as `sprites.json` says, with their addresses; its moments; and its numbers."""
    folder = f"runs/{run.name}/sprites"
    about = json.loads((media.results / folder / "sprites.json").read_text())
    names = about.pop("frames")
    moments = [{"label": frame_label(name), "time": frame_time(name, run.steps_per_epoch)} for name in names]
    pictures = sorted(path.name for path in (media.results / folder).glob("*.webp"))
    strips = [media.take(f"{folder}/{name}") for name in pictures]
    return about | {"moments": moments, "strips": strips} | numbers(media.read(f"runs/{run.name}/units.csv.gz"))


def numbers(units: pd.DataFrame) -> dict[str, Any]:
    """The columns of `units.csv.gz` that the player shows, all units of an epoch after those of the one before.

    Rounded to what is shown: dW to four digits, the background to a tenth. `flags` has 1 for a dead
    unit, 2 for an inactive and 4 for a dark one, added. `epochs` is how many there are numbers of.
    """
    units = units.sort_values(["epoch", "layer", "unit"])
    return {
        "epochs": int(units["epoch"].nunique()),
        "active": units["active_fraction"].tolist(),
        "low": _four_digits(units["dw_min"]),
        "high": _four_digits(units["dw_max"]),
        "background": units["background"].round(1).tolist(),
        "flags": (units["dead"] + 2 * units["inactive"] + 4 * units["dark"]).astype(int).tolist(),
    }


def _four_digits(values: pd.Series) -> list[float]:
    """Each value rounded to four significant digits; NaN stays."""
    first = np.floor(np.log10(values.abs().where(values != 0, 1)))
    scale = 10.0 ** (3 - first)
    return (np.rint(values * scale) / scale).tolist()
