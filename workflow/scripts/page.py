"""Write the page that people read, with its assets beside it."""

from pathlib import Path

from dying_relu.configuration.config import load_config
from dying_relu.io.job import job
from dying_relu.report.leftovers import remove_leftovers
from dying_relu.report.page import write_page

with job(snakemake) as outputs:
    results = Path(snakemake.input.provenance).parent
    config = load_config(snakemake.params.settings)
    write_page(outputs["folder"], config, results)
    remove_leftovers(results, config)
