"""Write final.csv: what was measured of each run after its last epoch."""

import pandas as pd

from dying_relu.files import whole
from dying_relu.logs import log_to
from dying_relu.tables import final_table
from dying_relu.writers import write_table

log_to(snakemake.log[0])
metrics = zip(snakemake.params.runs, map(pd.read_csv, snakemake.input.metrics), strict=True)
with whole(snakemake.output[0]) as path:
    write_table(final_table(dict(metrics)), path)
