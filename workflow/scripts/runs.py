"""Write runs.csv: all runs with their parameters and experiments."""

from dying_relu.configuration.run import Run
from dying_relu.io.atomic import atomic_write
from dying_relu.io.logs import log_to
from dying_relu.tables.overview import runs_table

log_to(snakemake.log[0])
runs = map(Run.from_parameters, snakemake.params.runs)
with atomic_write(snakemake.output[0]) as path:
    runs_table(dict(zip(runs, snakemake.params.experiments, strict=True))).to_csv(path, index=False)
