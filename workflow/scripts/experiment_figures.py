"""Draw the figures of one experiment beside its summary."""

import pandas as pd

from dying_relu.configuration.run import Run
from dying_relu.figures.experiments import FIGURES
from dying_relu.figures.style import save
from dying_relu.io.atomic import atomic_write
from dying_relu.io.logs import log_to

log_to(snakemake.log[0])
runs = map(Run.from_parameters, snakemake.params.runs)
metrics = dict(zip(runs, map(pd.read_csv, snakemake.input.metrics), strict=True))
for kind, draw in FIGURES.items():
    figure = draw(metrics, snakemake.params.title)
    for form in ("png", "svg"):
        with atomic_write(snakemake.output[f"{kind}_{form}"]) as path:
            save(figure, path)
