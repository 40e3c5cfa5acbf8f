"""Draw the dW frames of one run as strips, for the page's player."""

from pathlib import Path

from dying_relu.io.atomic import atomic_write
from dying_relu.io.logs import log_to
from dying_relu.videos.sprites import draw_sprites

log_to(snakemake.log[0])
with atomic_write(snakemake.output[0]) as folder:
    draw_sprites(Path(snakemake.input.dw), folder)
