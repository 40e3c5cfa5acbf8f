"""Write multiverse.csv, the verdict on every claim in every world and under every free choice."""

from pathlib import Path

from dying_relu.claims.multiverse import judge_multiverse
from dying_relu.configuration.config import load_config
from dying_relu.io.job import job
from dying_relu.io.writers import write_csv

with job(snakemake) as outputs:
    folder = Path(snakemake.output.table).parent / "runs"
    write_csv(judge_multiverse(load_config(snakemake.params.settings), folder), outputs["table"])
