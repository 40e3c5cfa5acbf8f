"""Draw the accuracy figure of one run."""

import pandas as pd

from dying_relu.figures import accuracy, save
from dying_relu.files import whole
from dying_relu.logs import log_to
from dying_relu.run import Run

log_to(snakemake.log[0])
tables = pd.read_csv(snakemake.input.metrics), pd.read_csv(snakemake.input.batches)
figure = accuracy(Run.from_parameters(snakemake.params.run), *tables)
for output in snakemake.output:
    with whole(output) as path:
        save(figure, path)
