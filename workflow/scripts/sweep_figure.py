"""Draw the summary figure of an experiment from what its runs arrive at."""

import pandas as pd

from dying_relu.configuration.run import Run
from dying_relu.figures.style import save
from dying_relu.figures.sweeps import draw_sweep
from dying_relu.io.job import job

with job(snakemake) as outputs:
    runs = [Run.from_parameters(parameters) for parameters in snakemake.params.runs]
    outcomes = pd.read_csv(snakemake.input.outcomes)
    figure = draw_sweep(outcomes, runs, snakemake.params.figure, snakemake.params.title)
    for path in outputs.values():
        save(figure, path)
