"""Draw the figures of what the units of two runs do, and write what each shows as a table."""

import pandas as pd

from dying_relu.figures.comparisons import FIGURES, figure_data
from dying_relu.figures.style import save
from dying_relu.io.job import job
from dying_relu.io.writers import write_csv

with job(snakemake) as outputs:
    sides = {}
    for label, paths in zip(snakemake.params.labels, (snakemake.input.left, snakemake.input.right), strict=True):
        # Of each seed, units and then batches.
        tables = [pd.read_csv(path) for path in paths]
        sides[label] = [
            {"units": units, "batches": batches} for units, batches in zip(tables[::2], tables[1::2], strict=True)
        ]
    for kind, draw in FIGURES.items():
        figure = draw(sides, snakemake.params.title)
        save(figure, outputs[f"{kind}_png"])
        save(figure, outputs[f"{kind}_svg"])
        write_csv(figure_data(kind, sides), outputs[f"{kind}_data"])
