"""Put the same frame of two runs side by side."""

from pathlib import Path

from dying_relu.io.atomic import atomic_write
from dying_relu.io.logs import log_to
from dying_relu.videos.video import still

log_to(snakemake.log[0])
with atomic_write(snakemake.output[0]) as path:
    still([Path(folder) for folder in snakemake.input], snakemake.params.titles, snakemake.params.frame, path)
