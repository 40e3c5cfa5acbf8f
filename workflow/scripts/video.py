"""Stitch the dW frames of one run into its video."""

from pathlib import Path

from dying_relu.io.atomic import atomic_write
from dying_relu.io.logs import log_to
from dying_relu.videos.video import make_video

log_to(snakemake.log[0])
with atomic_write(snakemake.output[0]) as path:
    make_video([Path(snakemake.input.frames)], [snakemake.params.title], path, snakemake.params.frames_per_second)
