"""Write the outcomes of an experiment: what each of its runs arrives at."""

import pandas as pd

from dying_relu.io.atomic import atomic_write
from dying_relu.io.logs import log_to
from dying_relu.io.writers import write_csv
from dying_relu.tables.final_measurements import final_measurements, final_measurements_table

log_to(snakemake.log[0])
tables = zip(snakemake.input.initial, snakemake.input.metrics, snakemake.input.units, strict=True)
# One run after the other: of many, the tables together would not fit into memory.
rows = [
    final_measurements(pd.read_csv(initial), pd.read_csv(metrics), pd.read_csv(units, usecols=["dead"]))
    for initial, metrics, units in tables
]
with atomic_write(snakemake.output[0]) as path:
    write_csv(final_measurements_table(dict(zip(snakemake.params.runs, rows, strict=True))), path)
