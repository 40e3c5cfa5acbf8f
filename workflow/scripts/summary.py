"""Draw the summary figure of one experiment."""

import pandas as pd

from dying_relu.configuration.run import Run
from dying_relu.figures.experiments import accuracy_and_dead_units
from dying_relu.figures.style import save
from dying_relu.io.atomic import atomic_write
from dying_relu.io.logs import log_to

log_to(snakemake.log[0])
runs = map(Run.from_parameters, snakemake.params.runs)
metrics = dict(zip(runs, map(pd.read_csv, snakemake.input.metrics), strict=True))
figure = accuracy_and_dead_units(metrics, snakemake.params.title)
for output in snakemake.output:
    with atomic_write(output) as path:
        save(figure, path)
