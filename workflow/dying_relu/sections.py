"""The page's section of each experiment, and of its comparisons: every figure with caption, data and maker."""

from typing import Any

from dying_relu import captions
from dying_relu.charts import chart, table
from dying_relu.config import Comparison, Config, Experiment
from dying_relu.media import Media
from dying_relu.run import Run, describe, held_fixed


def section(config: Config, experiment: Experiment, media: Media) -> dict[str, Any]:
    """What the page shows of an experiment; a run that an earlier experiment has shown is only linked."""
    if experiment.has_curves:
        metrics = {run: media.read(f"runs/{run.name}/metrics.csv") for run in experiment.runs}
        data, drawn = media.write(f"{experiment.name}.csv", table(metrics)), "summary"
        live = media.pack(f"chart-{experiment.name}", chart(metrics))
    else:
        data, drawn, live = media.take(f"outcomes/{experiment.name}.csv"), "outcome_figure", None
    return {
        "name": experiment.name,
        "title": experiment.title,
        "text": experiment.text,
        "summary": {"source": media.take(f"figures/{experiment.name}.svg"), "data": data, "rule": drawn},
        "chart": live,
        "figures": [
            figure | {"data": data, "rule": "experiment_figure"}
            for figure in _figures(captions.OF_EXPERIMENTS, experiment.name, media)
        ],
        "held_fixed": held_fixed(experiment.runs),
        "curves": list(dict.fromkeys(describe(run) for run in experiment.runs)),
        "comparisons": [
            _comparison(comparison, config, media)
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
            if shown_alone(run, config)
        ],
    }


def shown_alone(run: Run, config: Config) -> bool:
    """Whether the page shows the run by itself: of several seeds, the first, or it would be too large to send."""
    return run.name in config.drawn and run.seed == config.settings["seeds"][0]


def _comparison(comparison: Comparison, config: Config, media: Media) -> dict[str, Any]:
    figures = [
        figure | {"data": media.take(f"figures/{figure['kind']}/{comparison.name}.csv.gz"), "rule": "comparison_figure"}
        for figure in _figures(captions.OF_COMPARISONS, comparison.name, media)
    ]
    return {
        "title": comparison.title,
        "sheet": {"source": media.take(f"comparisons/{comparison.name}.jpg"), "data": None, "rule": "comparison"},
        # How bright the background is belongs to the comparison, why units are black has a section of its own.
        "figures": [figure for figure in figures if figure["kind"] == "backgrounds"],
        "killed": [figure for figure in figures if figure["kind"] != "backgrounds"],
        "accuracy": [
            _accuracy(run, media) | {"label": describe(run)} for run in comparison.runs if run.name in config.drawn
        ],
        "left": describe(comparison.left),
        "right": describe(comparison.right),
        "left_run": comparison.left.name,
        "right_run": comparison.right.name,
    }


def _accuracy(run: Run, media: Media) -> dict[str, Any]:
    return {
        "source": media.take(f"runs/{run.name}/accuracy.svg"),
        "data": media.take(f"runs/{run.name}/metrics.csv"),
        "rule": "accuracy",
    }


def _figures(kinds: tuple[str, ...], name: str, media: Media) -> list[dict[str, Any]]:
    """The figures of an experiment or a comparison beside the summary, with their captions."""
    texts = captions.load()
    return [
        {"kind": kind, "id": f"figure-{kind}-{name}", "source": media.take(f"figures/{kind}/{name}.svg"), **texts[kind]}
        for kind in kinds
        if media.exists(f"figures/{kind}/{name}.svg")
    ]
