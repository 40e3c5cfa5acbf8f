"""Draw the summary figure of an experiment from the outcomes of its runs."""

import pandas as pd

from dying_relu.figures import save
from dying_relu.files import whole
from dying_relu.logs import log_to
from dying_relu.outcome_figures import draw
from dying_relu.run import Run

log_to(snakemake.log[0])
runs = [Run.from_parameters(parameters) for parameters in snakemake.params.runs]
outcomes = pd.read_csv(snakemake.input.outcomes)
figure = draw(outcomes, runs, snakemake.params.figure, snakemake.params.title)
for output in snakemake.output:
    with whole(output) as path:
        save(figure, path)
