"""Stitch the dW frames of one run into its video."""

from pathlib import Path

from dying_relu.io.job import job
from dying_relu.videos.video import make_video
from dying_relu.videos.viewer import write_viewer

with job(snakemake) as outputs:
    title = snakemake.params.title
    make_video([Path(snakemake.input.frames)], [title], outputs["video"], snakemake.params.frames_per_second)
    write_viewer(outputs["viewer"], title, outputs["video"], Path(snakemake.output.video).name)
