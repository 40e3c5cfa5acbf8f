"""Draw the dW of one run: frames as PNG files for the videos, and sprites for the page's player."""

from pathlib import Path

from dying_relu.io.job import job
from dying_relu.videos.mosaic import draw_frames
from dying_relu.videos.sprites import draw_sprites

with job(snakemake) as outputs:
    draw_frames(Path(snakemake.input.dw), outputs["frames"])
    draw_sprites(Path(snakemake.input.dw), outputs["sprites"])
