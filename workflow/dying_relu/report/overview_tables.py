"""The page's tables over all networks; of many, their differences and the range of their final values."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pandas as pd

from dying_relu.configuration.config import Config
from dying_relu.configuration.labels import named, varied
from dying_relu.configuration.run import Run
from dying_relu.tables.summaries import diverged_in

# The columns of the table of final values: heading and format of each.
FINAL_VALUES = {
    "test_accuracy_batch_statistics": ("test accuracy, mini-batch statistics", "{:.2%}"),
    "test_accuracy": ("test accuracy, running averages", "{:.2%}"),
    "train_accuracy": ("training accuracy", "{:.2%}"),
    "perfect_batches": ("mini-batches without an error", "{:.1%}"),
    "dead_units": ("dead units", "{:.0f}"),
    "inactive_units": ("inactive units", "{:.0f}"),
    "dark_units": ("black squares", "{:.0f}"),
}


def parameter_values(runs: Sequence[Run]) -> dict[str, str]:
    """By parameter in which networks differ: its values, and how many networks have each."""
    networks = list(dict.fromkeys(run.without_seed for run in runs))
    counts = {key: Counter(named(run, [key]) or "none" for run in networks) for key in varied(networks)}
    return {
        key.replace("_", " "): "; ".join(f"{text} ({count})" for text, count in values.items())
        for key, values in counts.items()
    }


def final_rows(config: Config, final: pd.DataFrame) -> list[dict[str, Any]]:
    """A row per run of its final values; `final` is `final.csv`, indexed by run."""
    return [
        {"run": run, "diverged": diverged_in(final.loc[[name]]), "cells": _cells(final.loc[name])}
        for name, run in config.shown.items()
    ]


def final_range(final: pd.DataFrame) -> list[dict[str, Any]]:
    """The lowest, median and highest final value of each column, over the runs that have one."""
    values = final[list(FINAL_VALUES)]
    rows = {"lowest": values.min(), "median": values.median(), "highest": values.max()}
    return [{"label": label, "cells": _cells(row)} for label, row in rows.items()]


def _cells(row: pd.Series) -> list[str]:
    """The final values of a run as text, empty where there is none."""
    return ["" if pd.isna(row[column]) else text.format(row[column]) for column, (_, text) in FINAL_VALUES.items()]
