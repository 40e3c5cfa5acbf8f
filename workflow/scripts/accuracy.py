"""Draw the accuracy figure of one run."""

import pandas as pd

from dying_relu.configuration.run import Run
from dying_relu.figures.run_accuracy import accuracy
from dying_relu.figures.style import save
from dying_relu.io.atomic import atomic_write
from dying_relu.io.logs import log_to

log_to(snakemake.log[0])
tables = pd.read_csv(snakemake.input.metrics), pd.read_csv(snakemake.input.batches)
figure = accuracy(Run.from_parameters(snakemake.params.run), *tables)
for output in snakemake.output:
    with atomic_write(output) as path:
        save(figure, path)
