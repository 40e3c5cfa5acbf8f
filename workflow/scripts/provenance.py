"""Write provenance.json: what produced all results."""

import json
from pathlib import Path

from dying_relu.io.job import job
from dying_relu.provenance.provenance import collect

with job(snakemake) as outputs:
    texts = (Path(path).read_text() for path in snakemake.input.environments)
    trained = dict(zip(snakemake.params.runs, map(json.loads, texts), strict=True))
    collected = collect(Path(snakemake.params.root), snakemake.params.settings, trained, snakemake.params.datasets)
    outputs["provenance"].write_text(json.dumps(collected, indent=2) + "\n")
