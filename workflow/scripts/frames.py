"""Draw the dW frames of one run as PNG files."""

from pathlib import Path

from dying_relu.files import whole
from dying_relu.frames import draw
from dying_relu.logs import log_to

log_to(snakemake.log[0])
with whole(snakemake.output[0]) as folder:
    draw(Path(snakemake.input.dw), folder)
