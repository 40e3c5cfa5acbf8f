"""Write provenance.json: what produced all results."""

import json
from pathlib import Path

from dying_relu.io.atomic import atomic_write
from dying_relu.io.logs import log_to
from dying_relu.provenance.provenance import collect

log_to(snakemake.log[0])
texts = (Path(path).read_text() for path in snakemake.input.environments)
trained = dict(zip(snakemake.params.runs, map(json.loads, texts), strict=True))
with atomic_write(snakemake.output[0]) as path:
    collected = collect(Path(snakemake.params.root), snakemake.params.settings, trained, snakemake.params.datasets)
    path.write_text(json.dumps(collected, indent=2) + "\n")
