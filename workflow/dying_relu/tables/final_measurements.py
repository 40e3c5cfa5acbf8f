"""The final measurements of a run, one row of numbers: what figures of many runs show (`outcomes/<experiment>.csv`)."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dying_relu.io.columns import OUTCOMES
from dying_relu.tables.summaries import BATCH_STATISTICS, RUNNING_AVERAGES, diverged_in, mean_of_last_tenth


def final_measurements(initial: pd.DataFrame, metrics: pd.DataFrame, units: pd.DataFrame) -> dict[str, Any]:
    """The row of a run without its name, from its `initial.csv`, `metrics.csv` and `units.csv.gz`.

    Accuracies and the loss are means over the last tenth of the epochs. The others are shares of all hidden units:
    `dead` after the last epoch, `born_dead` before the first step, `died` at the end but not before, `revived` before
    but not at the end, `ever_dead` after any epoch; `dead_layers` and `born_dead_layers` count the layers whose units
    are all dead. For a run that diverged, only the measurements before the first step are numbers.
    """
    born_dead = initial["dead"].to_numpy(bool)
    row = {
        "diverged": diverged_in(metrics),
        **{
            column: mean_of_last_tenth(metrics[column]) for column in (RUNNING_AVERAGES, BATCH_STATISTICS, "train_loss")
        },
        "born_dead": born_dead.mean(),
        "born_dead_layers": _dead_layers(initial["layer"], born_dead),
    }
    if row["diverged"]:
        return row
    dead = units["dead"].to_numpy(bool).reshape(-1, len(born_dead))
    return row | {
        "dead": dead[-1].mean(),
        "died": (dead[-1] & ~born_dead).mean(),
        "revived": (~dead[-1] & born_dead).mean(),
        "ever_dead": dead.any(axis=0).mean(),
        "dead_layers": _dead_layers(initial["layer"], dead[-1]),
    }


def _dead_layers(layers: pd.Series, dead: NDArray[np.bool_]) -> int:
    """Count the layers whose units are all dead; both arguments have a value per unit."""
    return np.setdiff1d(layers, layers[~dead]).size


def final_measurements_table(rows: Mapping[str, dict[str, Any]]) -> pd.DataFrame:
    """`outcomes/<experiment>.csv`: the final measurements of every run, by the name of the run."""
    table = pd.DataFrame([{"run": name} | row for name, row in rows.items()], columns=OUTCOMES)
    return table.astype({"diverged": "Int64"})
