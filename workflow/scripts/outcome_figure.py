"""Draw the summary figure of an experiment from the outcomes of its runs."""

import pandas as pd

from dying_relu.configuration.run import Run
from dying_relu.figures.style import save
from dying_relu.figures.sweeps import draw_sweep
from dying_relu.io.atomic import atomic_write
from dying_relu.io.logs import log_to

log_to(snakemake.log[0])
runs = [Run.from_parameters(parameters) for parameters in snakemake.params.runs]
outcomes = pd.read_csv(snakemake.input.outcomes)
figure = draw_sweep(outcomes, runs, snakemake.params.figure, snakemake.params.title)
for output in snakemake.output:
    with atomic_write(output) as path:
        save(figure, path)
