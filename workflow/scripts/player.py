"""Write a page that plays one video, for Snakemake's own report."""

from pathlib import Path

from dying_relu.io.atomic import atomic_write
from dying_relu.io.logs import log_to
from dying_relu.report.snakemake_pages import write_video_page

log_to(snakemake.log[0])
template = Path(snakemake.input.template).read_text()
with atomic_write(snakemake.output[0]) as folder:
    write_video_page(folder, template, snakemake.params.title, Path(snakemake.input.video))
