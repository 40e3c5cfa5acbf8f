"""Draw the accuracy figure of one run."""

import pandas as pd

from dying_relu.configuration.run import Run
from dying_relu.figures.run_accuracy import accuracy
from dying_relu.figures.style import save
from dying_relu.io.job import job

with job(snakemake) as outputs:
    tables = pd.read_csv(snakemake.input.metrics), pd.read_csv(snakemake.input.batches)
    figure = accuracy(Run.from_parameters(snakemake.params.run), *tables)
    for path in outputs.values():
        save(figure, path)
