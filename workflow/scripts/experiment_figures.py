"""Draw the figures of one experiment against the epoch: the summary, and one of each further kind."""

import pandas as pd

from dying_relu.configuration.run import Run
from dying_relu.figures.experiments import FIGURES, accuracy_and_dead_units
from dying_relu.figures.style import save
from dying_relu.io.job import job

with job(snakemake) as outputs:
    runs = map(Run.from_parameters, snakemake.params.runs)
    metrics = dict(zip(runs, map(pd.read_csv, snakemake.input.metrics), strict=True))
    for kind, draw in {"summary": accuracy_and_dead_units, **FIGURES}.items():
        figure = draw(metrics, snakemake.params.title)
        save(figure, outputs[f"{kind}_png"])
        save(figure, outputs[f"{kind}_svg"])
