"""The page that people read: figures, videos and numbers, with nothing typed by hand."""

import shutil
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from plotly.offline import get_plotlyjs

from dying_relu.configuration.config import Config, article
from dying_relu.configuration.labels import held_fixed
from dying_relu.data.datasets import DATASETS
from dying_relu.report.assets import Assets
from dying_relu.report.claims import judged_claims
from dying_relu.report.experiments import experiment_section, many, shown_alone
from dying_relu.report.network_diagram import image_size, network_diagrams
from dying_relu.report.overview_tables import COLUMNS, differences, extremes, last_epochs, networks
from dying_relu.report.player import player
from dying_relu.report.timings import timings

# What stands beside the template and is copied beside the page.
PARTS = ("style.css", "packs.js", "player.js", "charts.js")


def write_page(folder: Path, template: Path, config: Config, results: Path, provenance: dict[str, Any]) -> None:
    """Write `index.html` and the media that it shows into `folder`, which can then be moved as a whole.

    `results` is the results folder that tables, figures and videos are read from; `template` the
    file of the page's Jinja2 template, in the folder of its parts. Text from the configuration is escaped.
    """
    media = Assets(results, folder / "media")
    for part in PARTS:
        shutil.copyfile(template.with_name(part), media.folder / part)
    media.pack("plotly", get_plotlyjs())
    page = Environment(
        loader=FileSystemLoader(template.parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page.policies["json.dumps_kwargs"] = {}  # keys in their own order
    final = pd.read_csv(results / "final.csv", index_col="run")
    runs = list(config.runs.values())
    shown = shown_alone(config, media)
    text = page.get_template(template.name).render(
        claims=judged_claims(config, pd.read_csv(results / "claims.csv", dtype=str, keep_default_na=False), page),
        columns=[label for label, _ in COLUMNS.values()],
        diagrams=network_diagrams(runs),
        experiments=[
            experiment_section(config, experiment, shown, media) for experiment in config.experiments.values()
        ],
        player=player(config, shown, media),
        shown=len(shown),
        drawn=len({run.without_seed for run in config.drawn.values()}),
        many=many(runs),
        rows=last_epochs(config, final, shown),
        extremes=extremes(final),
        tables={name: media.take(f"{name}.csv") for name in ("claims", "runs", "final")},
        fixed=held_fixed(runs),
        networks=networks(config),
        differences=differences(runs),
        datasets=list(dict.fromkeys(DATASETS[run.dataset].title for run in runs)),
        positions=sorted({run.batch_norm_position for run in runs if run.batch_norm}),
        runs=len(runs),
        layers=sorted({len(run.widths) for run in runs}),
        convolutions=any(run.convolutions for run in runs),
        images=list(dict.fromkeys(map(image_size, runs))),
        article=article(),
        settings=config.settings,
        stages=timings(config, results).to_dict("records"),
        provenance=provenance,
    )
    (folder / "index.html").write_text(text, encoding="utf-8")
