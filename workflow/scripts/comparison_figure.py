"""Draw one kind of figure of what the units of two runs do, and write what it shows as a table."""

import pandas as pd

from dying_relu.figures import save
from dying_relu.files import whole
from dying_relu.logs import log_to
from dying_relu.unit_figures import FIGURES, data
from dying_relu.writers import Table

log_to(snakemake.log[0])
sides = {}
for label, paths in zip(snakemake.params.labels, (snakemake.input.left, snakemake.input.right), strict=True):
    # The tables of a seed follow each other: units, batches.
    tables = [pd.read_csv(path) for path in paths]
    sides[label] = [
        {"units": units, "batches": batches} for units, batches in zip(tables[::2], tables[1::2], strict=True)
    ]
figure = FIGURES[snakemake.wildcards.kind](sides, snakemake.params.title)
for output in (snakemake.output.png, snakemake.output.svg):
    with whole(output) as path:
        save(figure, path)
with whole(snakemake.output.data) as path:
    table = Table(path)
    table.append(data(snakemake.wildcards.kind, sides))
    table.close()
