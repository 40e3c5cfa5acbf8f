"""Tables over all runs."""

from collections.abc import Mapping

import pandas as pd

from dying_relu.run import Run, table_row


def runs_table(runs: Mapping[Run, list[str]]) -> pd.DataFrame:
    """`runs.csv`: a row per run, with its parameters and the names of its experiments."""
    return pd.DataFrame([table_row(run, experiments) for run, experiments in runs.items()])


def final_table(metrics: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """`final.csv`: the last row of every run's `metrics.csv`, by the name of the run."""
    return pd.concat([frame.tail(1).assign(run=name) for name, frame in metrics.items()]).pipe(
        lambda table: table[["run", *table.columns.drop("run")]]
    )


def mean_of_last_tenth(values: pd.Series) -> float:
    """What a run arrives at: the mean over the last tenth of the epochs, and at least over one.

    Single epochs scatter, and without BN accuracy drops for an epoch now and then. The mean is NaN as soon
    as one of the values is, since what is not a number must not vanish.
    """
    return values.tail(max(1, round(len(values) / 10))).mean(skipna=False)


def diverged_in(metrics: pd.DataFrame) -> int | None:
    """The epoch in which a run diverged, by its `metrics.csv`: the last row then has nothing but the epoch."""
    measured = metrics.drop(columns="epoch", errors="ignore").tail(1)
    return int(metrics["epoch"].iloc[-1]) if measured.size and measured.isna().all(axis=None) else None


def html_page(table: pd.DataFrame, title: str) -> str:
    """The table as a page of its own, for viewers that show HTML but not CSV. Text is escaped."""
    head = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
    style = "<style>body{font-family:sans-serif}td,th{padding:.2em .6em;text-align:right}</style>"
    return f"{head}{style}<h1>{title}</h1>{table.to_html(index=False, border=0, na_rep='')}</html>\n"
