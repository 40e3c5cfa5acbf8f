"""Shrink a figure to what a document needs."""

from pathlib import Path

from dying_relu.io.atomic import atomic_write
from dying_relu.io.logs import log_to
from dying_relu.videos.video import shrunk

log_to(snakemake.log[0])
with atomic_write(snakemake.output[0]) as path:
    shrunk(Path(snakemake.input[0]), path, snakemake.params.width)
