"""Tables over all runs."""

from collections import Counter
from collections.abc import Mapping

import numpy as np
import pandas as pd

from dying_relu.run import Run, series_label, table_row, varied


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


STYLE = """
body { font-family: sans-serif; } table { border-collapse: collapse; }
td, th { padding: .2em .6em; text-align: right; border-bottom: 1px solid #ccc; }
th { position: sticky; top: 0; background: white; vertical-align: bottom; }
th button { font: inherit; background: none; border: 0; cursor: pointer; }
th[aria-sort=ascending] button::after { content: " \\25B4"; }
th[aria-sort=descending] button::after { content: " \\25BE"; }
"""


def html_page(table: pd.DataFrame, title: str, script: str) -> str:
    """The table as a page of its own, for viewers that show HTML but not CSV. Text is escaped.

    `script` is what sorts it, the text of report/table.js: the page is one file.
    """
    head = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title><style>{STYLE}</style>'
    rows = table.to_html(index=False, border=0, na_rep="").replace("<th>", '<th scope="col">')
    return f"{head}<h1>{title}</h1>{rows}<script>{script}</script></html>\n"
