"""Write the page that people read, with its assets beside it."""

from pathlib import Path

from dying_relu.configuration.config import load_config
from dying_relu.io.atomic import atomic_write
from dying_relu.io.logs import log_to
from dying_relu.report.page import write_page

log_to(snakemake.log[0])
with atomic_write(snakemake.output[0]) as folder:
    write_page(folder, load_config(snakemake.params.settings), Path(snakemake.input.provenance).parent)
