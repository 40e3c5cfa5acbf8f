"""Write one table as a page, for Snakemake's own report."""

from pathlib import Path

import pandas as pd

from dying_relu.io.job import job
from dying_relu.report.snakemake_pages import table_page

with job(snakemake) as outputs:
    script = Path(snakemake.input.script).read_text()
    outputs["page"].write_text(table_page(pd.read_csv(snakemake.input.table), snakemake.params.title, script))
