"""Write final.csv: what was measured of each run after its last epoch."""

import pandas as pd

from dying_relu.io.atomic import atomic_write
from dying_relu.io.logs import log_to
from dying_relu.io.writers import write_csv
from dying_relu.tables.overview import final_table

log_to(snakemake.log[0])
metrics = zip(snakemake.params.runs, map(pd.read_csv, snakemake.input.metrics), strict=True)
with atomic_write(snakemake.output[0]) as path:
    write_csv(final_table(dict(metrics)), path)
