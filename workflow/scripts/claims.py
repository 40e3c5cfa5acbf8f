"""Write claims.csv, the verdict on every claim, and claims_seeds.csv, the values of each seed."""

from pathlib import Path

from dying_relu.claims.verdicts import RunTables, judge_claims
from dying_relu.configuration.config import load_config
from dying_relu.io.job import job
from dying_relu.io.writers import write_csv

with job(snakemake) as outputs:
    config = load_config(snakemake.params.settings)
    folder = Path(snakemake.output.claims).parent / "runs"
    tables = {run: RunTables(folder / run.name) for run in config.runs.values()}
    verdicts, values = judge_claims(config, tables.__getitem__)
    write_csv(verdicts, outputs["claims"])
    write_csv(values, outputs["seeds"])
