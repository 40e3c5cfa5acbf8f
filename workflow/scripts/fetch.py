"""Fetch a data set and verify it.

The sources are read from the configuration, not from the parameters of the rule: a file whose content is verified is
the same wherever it came from, so another source is no reason to fetch again.
"""

from pathlib import Path

from dying_relu.data.download import fetch
from dying_relu.io.job import job

with job(snakemake):
    data = snakemake.config["data"]
    fetch(Path(snakemake.output[0]).parent, data["dir"], data["timeout"], snakemake.params.dataset)
