"""Write what each run of an experiment arrives at."""

import pandas as pd

from dying_relu.io.job import job
from dying_relu.io.writers import write_csv
from dying_relu.tables.final_measurements import final_measurements, final_measurements_table

with job(snakemake) as outputs:
    tables = zip(snakemake.input.initial, snakemake.input.metrics, snakemake.input.units, strict=True)
    # One run after the other: the tables of many would not fit into memory together.
    rows = [
        final_measurements(pd.read_csv(initial), pd.read_csv(metrics), pd.read_csv(units, usecols=["dead"]))
        for initial, metrics, units in tables
    ]
    write_csv(final_measurements_table(dict(zip(snakemake.params.runs, rows, strict=True))), outputs["table"])
