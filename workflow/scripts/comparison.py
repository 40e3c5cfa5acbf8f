"""Stitch the dW frames of two runs into one video, side by side."""

from pathlib import Path

from dying_relu.files import whole
from dying_relu.logs import log_to
from dying_relu.videos import make_video

log_to(snakemake.log[0])
folders = [Path(snakemake.input.left), Path(snakemake.input.right)]
with whole(snakemake.output[0]) as path:
    make_video(folders, snakemake.params.titles, path, snakemake.params.frames_per_second)
