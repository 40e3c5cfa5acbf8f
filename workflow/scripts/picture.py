"""Shrink a figure to what a document needs."""

from pathlib import Path

from dying_relu.files import whole
from dying_relu.logs import log_to
from dying_relu.videos import shrunk

log_to(snakemake.log[0])
with whole(snakemake.output[0]) as path:
    shrunk(Path(snakemake.input[0]), path, snakemake.params.width)
