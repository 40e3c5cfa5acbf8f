"""What a run arrives at: one row of numbers, for the figures of many runs."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dying_relu.io.columns import OUTCOMES
from dying_relu.tables.summaries import diverged_in, mean_of_last_tenth


def outcome(initial: pd.DataFrame, metrics: pd.DataFrame, units: pd.DataFrame) -> dict[str, Any]:
    """The row of a run without its name, from its `initial.csv`, `metrics.csv` and `units.csv.gz`.

    Accuracies and the loss are means over the last tenth of the epochs. `dead`, `born_dead`, `died`, `revived` and
    `ever_dead` are shares of all hidden units: dead after the last epoch, dead before the first step, dead at the end
    but not before, dead before but not at the end, and dead after any epoch; `dead_layers` and `born_dead_layers`
    count the layers all of whose units are dead. Of a run that diverged, only what it was born with is a number.
    """
    born = initial["dead"].to_numpy(bool)
    row = {
        "diverged": diverged_in(metrics),
        **{
            column: mean_of_last_tenth(metrics[column])
            for column in ("test_accuracy", "test_accuracy_batch_statistics", "train_loss")
        },
        "born_dead": born.mean(),
        "born_dead_layers": _dead_layers(initial["layer"], born),
    }
    if row["diverged"]:
        return row
    dead = units["dead"].to_numpy(bool).reshape(-1, len(born))
    return row | {
        "dead": dead[-1].mean(),
        "died": (dead[-1] & ~born).mean(),
        "revived": (~dead[-1] & born).mean(),
        "ever_dead": dead.any(axis=0).mean(),
        "dead_layers": _dead_layers(initial["layer"], dead[-1]),
    }


def _dead_layers(layers: pd.Series, dead: NDArray) -> int:
    """How many layers have dead units only, from the layer of each unit and whether it is dead."""
    return np.setdiff1d(layers, layers[~dead]).size


def outcomes_table(rows: Mapping[str, dict[str, Any]]) -> pd.DataFrame:
    """`outcomes/<experiment>.csv`: the outcome of every run, by its name."""
    return pd.DataFrame([{"run": name} | row for name, row in rows.items()], columns=OUTCOMES).astype(
        {"diverged": "Int64"}
    )
