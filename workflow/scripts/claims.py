"""Write claims.csv: the verdict on every claim."""

from pathlib import Path

from dying_relu.config import load
from dying_relu.files import whole
from dying_relu.judging import RunTables, claims_table
from dying_relu.logs import log_to
from dying_relu.writers import FLOAT_FORMAT

log_to(snakemake.log[0])
runs = Path(snakemake.output[0]).parent / "runs"
with whole(snakemake.output[0]) as path:
    table = claims_table(load(snakemake.params.settings), lambda run: RunTables(runs / run.name))
    table.to_csv(path, index=False, float_format=FLOAT_FORMAT)
