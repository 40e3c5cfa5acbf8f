"""What the metrics of a run come to: final values, divergence, and the names of series."""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from dying_relu.configuration.labels import series_label, varied
from dying_relu.configuration.run import Run

# Columns of metrics.csv: test accuracy with BN's running averages, and with the statistics of each test mini-batch.
RUNNING_AVERAGES, BATCH_STATISTICS = "test_accuracy", "test_accuracy_batch_statistics"
EVALUATIONS = {"running averages": RUNNING_AVERAGES, "mini-batch statistics": BATCH_STATISTICS}


def mean_of_last_tenth(values: pd.Series) -> float:
    """The final value of a run: the mean over the last tenth of its epochs, at least over one.

    Single epochs scatter, and without BN accuracy drops for an epoch now and then. NaN if one of the values is NaN.
    """
    return values.tail(max(1, round(len(values) / 10))).mean(skipna=False)


def median_of_second_half(values: pd.Series) -> float:
    """The median over the second half of a run's epochs: a few bursts of loss do not move it. NaN if a value is NaN."""
    return values.tail(-(-len(values) // 2)).median(skipna=False)


# Ways to make one value of a run's epochs.
WINDOWS = {
    "second half": median_of_second_half,
    "last tenth": mean_of_last_tenth,
    "last epoch": lambda values: values.iloc[-1],
}


def diverged_in(metrics: pd.DataFrame) -> int | None:
    """The epoch in which a run diverged, or None; the last row of its `metrics.csv` then holds the epoch alone."""
    measured = metrics.to_numpy(float)[-1:, metrics.columns != "epoch"]
    return int(metrics["epoch"].iloc[-1]) if measured.size and np.isnan(measured).all() else None


def series_keys(runs: Sequence[Run]) -> dict[Run, list[str]]:
    """The parameters that name the series of each run: those in which the runs differ.

    Parameters of BN do not name a run without BN, unless such runs differ in them.
    """
    keys = varied(runs)
    without_bn = varied([run for run in runs if not run.batch_norm])
    keys_without_bn = [key for key in keys if not key.startswith("batch_norm_") or key in without_bn]
    return {run: keys if run.batch_norm else keys_without_bn for run in runs}


def series_names(metrics: Mapping[Run, pd.DataFrame]) -> dict[Run, str]:
    """The name of each run's series, and how many of its seeds diverged; `metrics` holds each run's `metrics.csv`."""
    names = {run: series_label(run, keys) for run, keys in series_keys(list(metrics)).items()}
    diverged = Counter(names[run] for run, frame in metrics.items() if diverged_in(frame))
    seeds = Counter(names.values())
    marks = {name: f" (diverged: {diverged[name]} of {seeds[name]})" for name in diverged}
    return {run: name + marks.get(name, "") for run, name in names.items()}
