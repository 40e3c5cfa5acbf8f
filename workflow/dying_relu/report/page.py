"""The page that people read: figures, videos and numbers, all from the results."""

import json
import shutil
from pathlib import Path

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from plotly.offline import get_plotlyjs

from dying_relu.configuration.config import Config
from dying_relu.configuration.labels import describe, held_fixed
from dying_relu.configuration.run import ARTICLE
from dying_relu.data.datasets import DATASETS
from dying_relu.report.assets import Assets
from dying_relu.report.claim_counts import claims_in_words
from dying_relu.report.claims import judged_claims
from dying_relu.report.experiments import accuracy_figure, experiment_section, select_runs, too_many_to_list
from dying_relu.report.multiverse import multiverse_section
from dying_relu.report.network_diagram import image_size, network_diagrams
from dying_relu.report.overview_tables import FINAL_VALUES, final_range, final_rows, parameter_values
from dying_relu.report.player import player_context
from dying_relu.report.timings import timings

# index.html.jinja, the sections that it includes, and the static files that are copied beside the page.
TEMPLATES = Path(__file__).parents[2] / "report" / "page"


def write_page(folder: Path, config: Config, results: Path) -> None:
    """Write `index.html` and the assets that it shows into `folder`, which can then be moved as a whole.

    `results` is the results folder. Text of the configuration is escaped.
    """
    shutil.copytree(TEMPLATES / "static", folder / "assets")
    assets = Assets(results, folder / "assets")
    assets.write_data("plotly.data.js", get_plotlyjs())
    templates = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters["describe"] = describe
    templates.policies["json.dumps_kwargs"] = {}  # keep the order of keys
    table = pd.read_csv(results / "claims.csv", dtype=str, keep_default_na=False)
    claims = judged_claims(config, table, templates)
    runs = list(config.shown.values())
    final = pd.read_csv(results / "final.csv", index_col="run").loc[list(config.shown)]
    selected = select_runs(config, results)
    text = templates.get_template("index.html.jinja").render(
        # Sections
        claims=claims,
        claims_in_words=claims_in_words(
            [[row["verdict"] for row in claim["rows"]] for claim in claims if claim["source"] == "article"],
            len(config.settings["seeds"]),
        ),
        diagrams=network_diagrams(runs),
        experiments=[experiment_section(config, experiment, assets) for experiment in config.experiments.values()],
        multiverse=multiverse_section(config, assets),
        accuracy={run: accuracy_figure(run, assets) for run in selected},
        player=player_context(config, selected, assets),
        timings=timings(config, results).to_dict("records"),
        provenance=json.loads((results / "provenance.json").read_text()),
        # Tables
        columns=[heading for heading, _ in FINAL_VALUES.values()],
        final_rows=final_rows(config, final),
        final_range=final_range(final),
        networks=list({run.without_seed: run for run in runs}.values()),
        parameter_values=parameter_values(runs),
        tables={name: assets.copy(f"{name}.csv") for name in ("claims", "claims_seeds", "runs", "final")},
        # Sentences
        article=ARTICLE,
        settings=config.settings,
        experiments_of=config.experiments_of,
        runs=len(runs),
        too_many=too_many_to_list(runs),
        selected=selected,
        with_video=len({run.without_seed for run in config.drawn.values()}),
        fixed=held_fixed(runs),
        datasets=list(dict.fromkeys(DATASETS[run.dataset].title for run in runs)),
        images=list(dict.fromkeys(map(image_size, runs))),
        layers=sorted({len(run.widths) for run in runs}),
        positions=sorted({run.batch_norm_position for run in runs if run.batch_norm}),
    )
    (folder / "index.html").write_text(text, encoding="utf-8")
