"""Tables over all runs."""

from collections import Counter
from collections.abc import Mapping

import numpy as np
import pandas as pd

from dying_relu.configuration.labels import series_label, varied
from dying_relu.configuration.run import Run


def mean_of_last_tenth(values: pd.Series) -> float:
    """What a run arrives at: the mean over the last tenth of the epochs, and at least over one.

    Single epochs scatter, and without BN accuracy drops for an epoch now and then. The mean is NaN as soon
    as one of the values is, since what is not a number must not vanish.
    """
    return values.tail(max(1, round(len(values) / 10))).mean(skipna=False)


def diverged_in(metrics: pd.DataFrame) -> int | None:
    """The epoch in which a run diverged, by its `metrics.csv`: the last row then has nothing but the epoch."""
    measured = metrics.to_numpy(float)[-1:, metrics.columns != "epoch"]
    return int(metrics["epoch"].iloc[-1]) if measured.size and np.isnan(measured).all() else None


def series_names(metrics: Mapping[Run, pd.DataFrame]) -> dict[Run, str]:
    """What the series of each run is called, and of how many seeds it diverged; from the `metrics.csv` of the runs."""
    keys = varied(list(metrics))
    names = {run: series_label(run, keys) for run in metrics}
    diverged = Counter(names[run] for run, frame in metrics.items() if diverged_in(frame))
    seeds = Counter(names.values())
    marks = {name: f" (diverged: {diverged[name]} of {seeds[name]})" for name in diverged}
    return {run: name + marks.get(name, "") for run, name in names.items()}
