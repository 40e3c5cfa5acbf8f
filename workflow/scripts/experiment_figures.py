"""Draw the figures of one experiment beside its summary."""

import pandas as pd

from dying_relu.figures import FIGURES, save
from dying_relu.files import whole
from dying_relu.logs import log_to
from dying_relu.run import Run

log_to(snakemake.log[0])
runs = map(Run.from_parameters, snakemake.params.runs)
metrics = dict(zip(runs, map(pd.read_csv, snakemake.input.metrics), strict=True))
for kind, draw in FIGURES.items():
    figure = draw(metrics, snakemake.params.title)
    for form in ("png", "svg"):
        with whole(snakemake.output[f"{kind}_{form}"]) as path:
            save(figure, path)
