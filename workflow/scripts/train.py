"""Train one run, and write its tables, its dW and the environment that it was trained in."""

import json
from contextlib import ExitStack
from pathlib import Path

from dying_relu.engine import choose, prepare_torch
from dying_relu.files import whole
from dying_relu.images import load
from dying_relu.logs import log_to
from dying_relu.moments import Moments
from dying_relu.provenance import environment
from dying_relu.run import Run
from dying_relu.train import Outputs, train

run = Run.from_parameters(snakemake.params.run)
engine = choose(snakemake.params.engine, run)  # a warning of this goes to the console, not into the log
log_to(snakemake.log[0])
prepare_torch(snakemake.threads)
images = load(Path(snakemake.input.data[0]).parent, run.train_images)
with ExitStack() as files:
    paths = {name: files.enter_context(whole(path)) for name, path in snakemake.output.items()}
    paths.pop("environment").write_text(json.dumps(environment() | {"engine": engine.__name__}, indent=2) + "\n")
    moments = Moments(snakemake.params.every, snakemake.params.unit)
    spent = train(run, images, engine, snakemake.params.dw, moments, Outputs(**paths))
Path(snakemake.log.times).write_text(json.dumps(spent) + "\n")
