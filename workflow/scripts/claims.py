"""Write claims.csv: the verdict on every claim."""

from pathlib import Path

from dying_relu.claims.verdicts import RunTables, claims_table
from dying_relu.configuration.config import load_config
from dying_relu.io.atomic import atomic_write
from dying_relu.io.logs import log_to
from dying_relu.io.writers import write_csv

log_to(snakemake.log[0])
config = load_config(snakemake.params.settings)
tables = {run: RunTables(Path(snakemake.output[0]).parent / "runs" / run.name) for run in config.runs.values()}
with atomic_write(snakemake.output[0]) as path:
    write_csv(claims_table(config, tables.__getitem__), path)
