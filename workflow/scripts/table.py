"""Write one table as a page, for Snakemake's own report."""

from pathlib import Path

import pandas as pd

from dying_relu.files import whole
from dying_relu.logs import log_to
from dying_relu.tables import html_page

log_to(snakemake.log[0])
with whole(snakemake.output[0]) as path:
    script = Path(snakemake.input.script).read_text()
    path.write_text(html_page(pd.read_csv(snakemake.input.table), snakemake.params.title, script))
