"""Draw the matrix of claims against worlds, and the specification curve of each claim."""

import pandas as pd

from dying_relu.figures.multiverse import matrix, specification_curve
from dying_relu.figures.style import save
from dying_relu.io.job import job

with job(snakemake) as outputs:
    table = pd.read_csv(snakemake.input.table, dtype={"frames": str})
    figures = {"matrix": matrix(table, snakemake.params.worlds)}
    for claim, statement in snakemake.params.statements.items():
        figures[claim] = specification_curve(table[table["claim"] == claim], statement)
    for name, figure in figures.items():
        save(figure, outputs[f"{name}_png"])
        save(figure, outputs[f"{name}_svg"])
