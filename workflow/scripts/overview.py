"""Write runs.csv, all runs with their parameters, and final.csv, all runs after their last epoch."""

import pandas as pd

from dying_relu.configuration.run import Run
from dying_relu.io.job import job
from dying_relu.io.writers import write_csv
from dying_relu.tables.overview import final_table, runs_table

with job(snakemake) as outputs:
    runs = [Run.from_parameters(parameters) for parameters in snakemake.params.runs]
    experiments = dict(zip(runs, snakemake.params.experiments, strict=True))
    runs_table(experiments).to_csv(outputs["runs"], index=False)
    metrics = zip((run.name for run in runs), map(pd.read_csv, snakemake.input.metrics), strict=True)
    write_csv(final_table(dict(metrics)), outputs["final"])
