"""The page's section of an experiment and of its comparisons: each figure with its caption, data and rule."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

import pandas as pd

from dying_relu.configuration.config import Comparison, Config, Experiment
from dying_relu.configuration.labels import describe, held_fixed
from dying_relu.configuration.run import Run
from dying_relu.report import captions
from dying_relu.report.assets import Assets
from dying_relu.report.charts import chart_data, chart_table, is_pooled
from dying_relu.report.player import SPRITES
from dying_relu.tables.summaries import diverged_in

MAX_LISTED = 50  # networks that the page lists one by one
MAX_BYTES = 34_000_000  # of the runs that the page shows individually, so that all of it stays below 40 MB


def select_runs(config: Config, results: Path) -> list[Run]:
    """The runs that the page shows individually: those of the first seed, in the order of the configuration.

    If they would make the page too large, the runs of comparisons go first, then the others in their order, as many
    as fit, but at least two.
    """
    compared = {run.name for comparison in config.comparisons.values() for run in comparison.runs}
    candidates = [run for run in config.drawn.values() if run.seed == config.settings["seeds"][0]]
    selected, size = set(), 0
    for run in sorted(candidates, key=lambda run: run.name not in compared):
        folder = results / "runs" / run.name
        # The numbers of the units take about as much space beside the page as in their table.
        size += sum(path.stat().st_size for path in [*(folder / SPRITES).iterdir(), folder / "units.csv.gz"])
        if len(selected) >= 2 and (size > MAX_BYTES or len(selected) == MAX_LISTED):
            break
        selected.add(run)
    return [run for run in candidates if run in selected]


def too_many_to_list(runs: Collection[Run]) -> bool:
    """Whether the page summarizes the runs instead of listing them."""
    return len({run.without_seed for run in runs}) > MAX_LISTED or len(runs) > 5 * MAX_LISTED


def experiment_section(config: Config, experiment: Experiment, assets: Assets) -> dict[str, Any]:
    """What the page shows of an experiment: its figures, and its comparisons with theirs."""
    if experiment.has_curves:
        contents = _curves(experiment, assets)
    else:  # it is drawn against parameters
        data = assets.copy(f"outcomes/{experiment.name}.csv")
        contents = {"summary": {"data": data, "rule": "sweep_figure"}, "chart": None, "figures": []}
    source = assets.copy(f"figures/{experiment.name}.svg")
    contents["summary"] |= {"id": f"figure-summary-{experiment.name}", "source": source}
    networks = list(dict.fromkeys(describe(run) for run in experiment.runs))
    return contents | {
        "name": experiment.name,
        "title": experiment.title,
        "text": experiment.text,
        "runs": experiment.runs,
        "held_fixed": held_fixed(experiment.runs),
        "networks": len(networks),
        "curves": networks if len(networks) <= MAX_LISTED else [],
        "comparisons": [
            _comparison(comparison, assets)
            for comparison in config.comparisons.values()
            if comparison.experiment == experiment.name
        ],
    }


def accuracy_figure(run: Run, assets: Assets) -> dict[str, Any]:
    """The figure of a run's accuracy."""
    source, data = (assets.copy(f"runs/{run.name}/{name}") for name in ("accuracy.svg", "metrics.csv"))
    return {"source": source, "data": data, "rule": "accuracy"}


def _curves(experiment: Experiment, assets: Assets) -> dict[str, Any]:
    """The figures of an experiment that is drawn against the epoch, its chart, and their data."""
    metrics = {run: pd.read_csv(assets.results / "runs" / run.name / "metrics.csv") for run in experiment.runs}
    table = chart_table(metrics, pooled=too_many_to_list(experiment.runs))
    data = assets.write_table(f"charts/{experiment.name}.csv{'.gz' * (len(metrics) > MAX_LISTED)}", table)
    figures = _figures(captions.OF_EXPERIMENTS, experiment.name, assets).values()
    origin = {"data": data, "rule": "experiment_figures"}
    return {
        "summary": dict(origin),
        "chart": assets.write_data(f"charts/{experiment.name}.data.js", chart_data(metrics)),
        "pooled": is_pooled(metrics),
        "diverged": sum(diverged_in(frame) is not None for frame in metrics.values()),
        "figures": [figure | origin for figure in figures],
    }


def _comparison(comparison: Comparison, assets: Assets) -> dict[str, Any]:
    name = comparison.name
    figures = _figures(captions.OF_COMPARISONS, name, assets)
    for kind, figure in figures.items():
        figure |= {"data": assets.copy(f"figures/{kind}/{name}.csv.gz"), "rule": "comparison_figures"}
    return {
        "name": name,
        "title": comparison.title,
        "runs": comparison.runs,
        "contact_sheet": {"source": assets.copy(f"comparisons/{name}.jpg"), "data": None, "rule": "comparison"},
        "backgrounds": [figure for kind, figure in figures.items() if kind == "backgrounds"],
        "black_squares": [figure for kind, figure in figures.items() if kind != "backgrounds"],
    }


def _figures(kinds: tuple[str, ...], name: str, assets: Assets) -> dict[str, dict[str, Any]]:
    """By kind, the figures of an experiment or a comparison beside its summary that were drawn, with captions."""
    texts = captions.load_captions()
    paths = {kind: f"figures/{kind}/{name}.svg" for kind in kinds}
    return {
        kind: {"id": f"figure-{kind}-{name}", "source": assets.copy(path), **texts[kind]}
        for kind, path in paths.items()
        if (assets.results / path).exists()
    }
