"""Draw one kind of figure of one experiment."""

import pandas as pd

from dying_relu.figures import FIGURES, save
from dying_relu.files import whole
from dying_relu.logs import log_to
from dying_relu.run import Run

log_to(snakemake.log[0])
runs = map(Run.from_parameters, snakemake.params.runs)
metrics = dict(zip(runs, map(pd.read_csv, snakemake.input.metrics), strict=True))
figure = FIGURES[snakemake.wildcards.kind](metrics, snakemake.params.title)
for output in snakemake.output:
    with whole(output) as path:
        save(figure, path)
