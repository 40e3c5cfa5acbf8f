"""Tables over all runs: `runs.csv` and `final.csv`."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from dying_relu.configuration.run import LISTS, RUN_COLUMNS, Run
from dying_relu.io.columns import FINAL


def runs_table(runs: Mapping[Run, list[str]]) -> pd.DataFrame:
    """`runs.csv`: a row per run, with its parameters and the names of its experiments."""
    return pd.DataFrame([table_row(run, experiments) for run, experiments in runs.items()])


def final_table(metrics: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """`final.csv`: the last row of every run's `metrics.csv`, by the name of the run."""
    return pd.concat([frame.tail(1).assign(run=name) for name, frame in metrics.items()]).reindex(columns=FINAL)


def table_row(run: Run, experiments: Sequence[str]) -> dict[str, Any]:
    """The run's row in `runs.csv`: widths joined by `-`, experiments by `;`."""
    joined = {key: "-".join(map(str, getattr(run, key))) for key in LISTS}
    values = run.parameters() | joined | {"run": run.name, "experiments": ";".join(experiments)}
    return {key: values[key] for key in RUN_COLUMNS}
