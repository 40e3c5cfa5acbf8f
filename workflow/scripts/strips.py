"""Draw the dW frames of one run as strips, for the page's player."""

from pathlib import Path

from dying_relu.files import whole
from dying_relu.logs import log_to
from dying_relu.strips import draw_strips

log_to(snakemake.log[0])
with whole(snakemake.output[0]) as folder:
    draw_strips(Path(snakemake.input.dw), folder)
