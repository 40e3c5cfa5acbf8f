"""The page's tables of all networks; of many, what they have in common, and where they end."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import pandas as pd

from dying_relu.configuration.config import Config
from dying_relu.configuration.labels import describe, named, varied
from dying_relu.configuration.run import Run
from dying_relu.tables.summaries import diverged_in

COLUMNS = {
    "test_accuracy_batch_statistics": ("test accuracy, mini-batch statistics", "{:.2%}"),
    "test_accuracy": ("test accuracy, running averages", "{:.2%}"),
    "train_accuracy": ("training accuracy", "{:.2%}"),
    "perfect_batches": ("mini-batches without error", "{:.1%}"),
    "dead_units": ("dead units", "{:.0f}"),
    "inactive_units": ("inactive units", "{:.0f}"),
    "dark_units": ("dark units", "{:.0f}"),
}


def networks(config: Config) -> list[dict[str, Any]]:
    """Every network, whatever its seeds, and the experiments that it belongs to."""
    series = {run.without_seed: run for run in config.runs.values()}
    return [{"label": describe(run), "experiments": config.experiments_of(run)} for run in series.values()]


def differences(runs: Sequence[Run]) -> list[dict[str, Any]]:
    """For each parameter in which networks differ, its values and how many networks have each."""
    series = list(dict.fromkeys(run.without_seed for run in runs))
    return [
        {
            "parameter": key.replace("_", " "),
            "values": [
                f"{text or 'none'} ({count})" for text, count in Counter(named(run, [key]) for run in series).items()
            ],
        }
        for key in varied(series)
    ]


def last_epochs(config: Config, final: pd.DataFrame, shown: Collection[Run]) -> list[dict[str, Any]]:
    """A row per run for `final.csv`, which is `final` with the run as its index; what is not a number is not shown."""
    return [
        {
            "name": run.name,
            "shown": run in shown,
            "label": describe(run),
            "seed": run.seed,
            "diverged": diverged_in(final.loc[[run.name]]),
            "cells": _cells(final.loc[run.name]),
        }
        for run in config.runs.values()
    ]


def extremes(final: pd.DataFrame) -> list[dict[str, Any]]:
    """The lowest, median and highest value of each column over all runs that have one."""
    numbers = final[list(COLUMNS)]
    found: Mapping[str, pd.Series] = {
        "lowest": numbers.min(),
        "median": numbers.median(),
        "highest": numbers.max(),
    }
    return [{"label": label, "cells": _cells(row)} for label, row in found.items()]


def _cells(row: pd.Series) -> list[str]:
    return [
        pattern.format(row[column]) if row[column] == row[column] else "" for column, (_, pattern) in COLUMNS.items()
    ]
