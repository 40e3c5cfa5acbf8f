"""The page's section of each experiment, and of its comparisons: every figure with caption, data and maker."""

from collections.abc import Collection
from typing import Any

from dying_relu.configuration.config import Comparison, Config, Experiment
from dying_relu.configuration.labels import describe, held_fixed
from dying_relu.configuration.run import Run
from dying_relu.report import captions
from dying_relu.report.assets import Assets
from dying_relu.report.charts import chart, summarised, summary_table, table
from dying_relu.tables.summaries import diverged_in

LISTED = 50  # of more networks, or of five times as many runs, the page says what they have in common
BUDGET = 34_000_000  # bytes that runs shown by themselves may take: with the rest, the page stays below 40 MB


def shown_alone(config: Config, media: Assets) -> list[Run]:
    """The runs that the page shows by themselves, in the order of the configuration.

    Of several seeds that is the first. Of more runs than the page has room for, those of the comparisons come first,
    then the others in their order, as far as they fit; two always do.
    """
    compared = {run.name for comparison in config.comparisons.values() for run in comparison.runs}
    first = [run for run in config.drawn.values() if run.seed == config.settings["seeds"][0]]
    chosen, size = set(), 0
    for run in sorted(first, key=lambda run: run.name not in compared):
        # Numbers of units take about as much beside the page as in the table.
        size += media.size(f"runs/{run.name}/sprites") + media.size(f"runs/{run.name}/units.csv.gz")
        if len(chosen) >= 2 and (size > BUDGET or len(chosen) == LISTED):
            break
        chosen.add(run)
    return [run for run in first if run in chosen]


def many(runs: Collection[Run]) -> bool:
    """Whether these are too many to be listed one by one."""
    return len({run.without_seed for run in runs}) > LISTED or len(runs) > 5 * LISTED


def experiment_section(config: Config, experiment: Experiment, shown: Collection[Run], media: Assets) -> dict[str, Any]:
    """What the page shows of an experiment; a run that an earlier experiment has shown is only linked.

    `shown` are the runs that are shown by themselves.
    """
    found = _curves(experiment, media) if experiment.has_curves else _outcomes(experiment, media)
    names = list(dict.fromkeys(describe(run) for run in experiment.runs))
    return found | {
        "name": experiment.name,
        "title": experiment.title,
        "text": experiment.text,
        "held_fixed": held_fixed(experiment.runs),
        "networks": len(names),
        "curves": names if len(names) <= LISTED else [],
        "comparisons": [
            _comparison(comparison, shown, media)
            for comparison in config.comparisons.values()
            if comparison.experiment == experiment.name
        ],
        "runs": [
            {
                "name": run.name,
                "label": f"{describe(run)}, seed {run.seed}",
                "shown": config.experiments_of(run)[0] == experiment.name,
                "accuracy": _accuracy(run, media),
            }
            for run in experiment.runs
            if run in shown
        ],
    }


def _curves(experiment: Experiment, media: Assets) -> dict[str, Any]:
    """What is drawn against the epoch, and its data: of too many runs, what the chart shows of all of them."""
    metrics = {run: media.read(f"runs/{run.name}/metrics.csv") for run in experiment.runs}
    together = summary_table(metrics) if many(experiment.runs) else table(metrics)
    data = media.write(f"{experiment.name}.csv{'.gz' * (len(metrics) > LISTED)}", together)
    return {
        "summary": {"source": media.take(f"figures/{experiment.name}.svg"), "data": data, "rule": "experiment_figures"},
        "chart": media.pack(f"chart-{experiment.name}", chart(metrics)),
        "summarised": summarised(metrics),
        "diverged": sum(diverged_in(frame) is not None for frame in metrics.values()),
        "figures": [
            figure | {"data": data, "rule": "experiment_figures"}
            for figure in _figures(captions.OF_EXPERIMENTS, experiment.name, media)
        ],
    }


def _outcomes(experiment: Experiment, media: Assets) -> dict[str, Any]:
    """What is drawn against parameters."""
    data = media.take(f"outcomes/{experiment.name}.csv")
    return {
        "summary": {"source": media.take(f"figures/{experiment.name}.svg"), "data": data, "rule": "sweep_figure"},
        "chart": None,
        "figures": [],
    }


def _comparison(comparison: Comparison, shown: Collection[Run], media: Assets) -> dict[str, Any]:
    figures = [
        figure
        | {"data": media.take(f"figures/{figure['kind']}/{comparison.name}.csv.gz"), "rule": "comparison_figures"}
        for figure in _figures(captions.OF_COMPARISONS, comparison.name, media)
    ]
    return {
        "name": comparison.name,
        "title": comparison.title,
        "sheet": {"source": media.take(f"comparisons/{comparison.name}.jpg"), "data": None, "rule": "comparison"},
        # How bright the background is belongs to the comparison, why units are black has a section of its own.
        "figures": [figure for figure in figures if figure["kind"] == "backgrounds"],
        "killed": [figure for figure in figures if figure["kind"] != "backgrounds"],
        "accuracy": [_accuracy(run, media) | {"label": describe(run)} for run in comparison.runs if run in shown],
        "watched": all(run in shown for run in comparison.runs),
        "left": describe(comparison.left),
        "right": describe(comparison.right),
        "left_run": comparison.left.name,
        "right_run": comparison.right.name,
    }


def _accuracy(run: Run, media: Assets) -> dict[str, Any]:
    return {
        "source": media.take(f"runs/{run.name}/accuracy.svg"),
        "data": media.take(f"runs/{run.name}/metrics.csv"),
        "rule": "accuracy",
    }


def _figures(kinds: tuple[str, ...], name: str, media: Assets) -> list[dict[str, Any]]:
    """The figures of an experiment or a comparison beside the summary, with their captions."""
    texts = captions.load_captions()
    return [
        {"kind": kind, "id": f"figure-{kind}-{name}", "source": media.take(f"figures/{kind}/{name}.svg"), **texts[kind]}
        for kind in kinds
        if media.exists(f"figures/{kind}/{name}.svg")
    ]
