"""Put the same frame of two runs side by side."""

from pathlib import Path

from dying_relu.files import whole
from dying_relu.logs import log_to
from dying_relu.videos import still

log_to(snakemake.log[0])
with whole(snakemake.output[0]) as path:
    still([Path(folder) for folder in snakemake.input], snakemake.params.titles, snakemake.params.frame, path)
