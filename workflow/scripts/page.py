"""Write the page that people read, with its media beside it."""

import json
from pathlib import Path

from dying_relu.configuration.config import load_config
from dying_relu.io.job import job
from dying_relu.report.page import write_page

with job(snakemake) as outputs:
    provenance = Path(snakemake.input.provenance)
    config = load_config(snakemake.params.settings)
    template = Path(snakemake.input.template)
    write_page(outputs["folder"], template, config, provenance.parent, json.loads(provenance.read_text()))
