"""Write claims.csv: the verdict on every claim."""

from pathlib import Path

from dying_relu.claims.verdicts import RunTables, claims_table
from dying_relu.configuration.config import load_config
from dying_relu.io.job import job
from dying_relu.io.writers import write_csv

with job(snakemake) as outputs:
    config = load_config(snakemake.params.settings)
    folder = Path(snakemake.output.table).parent / "runs"
    tables = {run: RunTables(folder / run.name) for run in config.runs.values()}
    write_csv(claims_table(config, tables.__getitem__), outputs["table"])
