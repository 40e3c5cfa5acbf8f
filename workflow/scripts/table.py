"""Write one table as a page, for Snakemake's own report."""

from pathlib import Path

import pandas as pd

from dying_relu.io.atomic import atomic_write
from dying_relu.io.logs import log_to
from dying_relu.report.snakemake_pages import table_page

log_to(snakemake.log[0])
with atomic_write(snakemake.output[0]) as path:
    script = Path(snakemake.input.script).read_text()
    path.write_text(table_page(pd.read_csv(snakemake.input.table), snakemake.params.title, script))
