"""Write a page that plays one video, for Snakemake's own report."""

from pathlib import Path

from dying_relu.files import whole
from dying_relu.logs import log_to
from dying_relu.video_page import write_player

log_to(snakemake.log[0])
template = Path(snakemake.input.template).read_text()
with whole(snakemake.output[0]) as folder:
    write_player(folder, template, snakemake.params.title, Path(snakemake.input.video))
