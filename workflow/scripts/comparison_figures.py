"""Draw the figures of what the units of two runs do, and write what each shows as a table."""

import pandas as pd

from dying_relu.figures.comparisons import FIGURES, figure_data
from dying_relu.figures.style import save
from dying_relu.io.atomic import atomic_write
from dying_relu.io.logs import log_to
from dying_relu.io.writers import write_csv

log_to(snakemake.log[0])
sides = {}
for label, paths in zip(snakemake.params.labels, (snakemake.input.left, snakemake.input.right), strict=True):
    # The tables of a seed follow each other: units, batches.
    tables = [pd.read_csv(path) for path in paths]
    sides[label] = [
        {"units": units, "batches": batches} for units, batches in zip(tables[::2], tables[1::2], strict=True)
    ]
for kind, draw in FIGURES.items():
    figure = draw(sides, snakemake.params.title)
    for form in ("png", "svg"):
        with atomic_write(snakemake.output[f"{kind}_{form}"]) as path:
            save(figure, path)
    with atomic_write(snakemake.output[f"{kind}_data"]) as path:
        write_csv(figure_data(kind, sides), path)
