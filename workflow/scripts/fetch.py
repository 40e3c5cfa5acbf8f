"""Fetch MNIST: the four files, uncompressed and verified."""

from pathlib import Path

from dying_relu.fetch import fetch
from dying_relu.logs import log_to

log_to(snakemake.log[0])
fetch(Path(snakemake.output[0]).parent, snakemake.params.folder, snakemake.params.timeout)
