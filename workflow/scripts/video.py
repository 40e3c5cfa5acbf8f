"""Stitch the dW frames of one run into its video."""

from pathlib import Path

from dying_relu.files import whole
from dying_relu.logs import log_to
from dying_relu.videos import make_video

log_to(snakemake.log[0])
with whole(snakemake.output[0]) as path:
    make_video([Path(snakemake.input.frames)], [snakemake.params.title], path, snakemake.params.frames_per_second)
