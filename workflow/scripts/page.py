"""Write the page that people read, with its media beside it."""

import json
from pathlib import Path

from dying_relu.config import load
from dying_relu.files import whole
from dying_relu.logs import log_to
from dying_relu.report import write_page

log_to(snakemake.log[0])
provenance = json.loads(Path(snakemake.input.provenance).read_text())
template = Path(snakemake.input.template)
results = Path(snakemake.input.provenance).parent
with whole(snakemake.output[0]) as folder:
    write_page(folder, template, load(snakemake.params.settings), results, provenance)
