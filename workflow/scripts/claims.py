"""Write claims.csv: the verdict on every claim."""

from pathlib import Path

from dying_relu.config import load
from dying_relu.files import whole
from dying_relu.judging import RunTables, claims_table
from dying_relu.logs import log_to
from dying_relu.writers import write_table

log_to(snakemake.log[0])
config = load(snakemake.params.settings)
tables = {run: RunTables(Path(snakemake.output[0]).parent / "runs" / run.name) for run in config.runs.values()}
with whole(snakemake.output[0]) as path:
    write_table(claims_table(config, tables.__getitem__), path)
