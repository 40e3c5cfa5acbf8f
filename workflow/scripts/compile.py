"""Compile the fast engine for an optimiser and a number of hidden layers."""

from dying_relu.configuration.run import Run
from dying_relu.engines.engine import choose
from dying_relu.io.job import job

layers = int(snakemake.wildcards.layers)
run = Run(optimizer=snakemake.wildcards.optimizer, hidden=[16] * layers, epochs=1, seed=0)
with job(snakemake) as outputs:
    choose(snakemake.params.engine, run).compile(run)
    outputs["done"].touch()
