"""Compile the fast engine for runs of one kind."""

from dying_relu.configuration.run import Run
from dying_relu.engines.engine import choose
from dying_relu.io.job import job

run = Run.from_parameters(snakemake.params.run)
with job(snakemake) as outputs:
    choose(snakemake.params.engine, run).compile(run)
    outputs["done"].touch()
