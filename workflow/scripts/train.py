"""Train one run, and write its tables, its dW and the environment that it was trained in."""

import time

STARTED = time.monotonic()  # before the imports, which take longer than a short training

import json
import resource
import signal
import sys
from pathlib import Path

from dying_relu.configuration.run import Run
from dying_relu.data.images import load_images
from dying_relu.engines.engine import choose
from dying_relu.io.job import job
from dying_relu.measurements.frame_schedule import FrameSchedule
from dying_relu.provenance.provenance import environment
from dying_relu.training.checkpoints import Checkpoints
from dying_relu.training.train import Outputs, StoppedError, TrainingOptions, train

run = Run.from_parameters(snakemake.params.run)
make_engine = choose(snakemake.params.engine, run)  # before the log is opened: its warning goes to the console
with job(snakemake) as outputs:
    Path(snakemake.log.times).write_text("")  # Snakemake shows all logs of a job that fails
    trained_in = environment() | {"engine": make_engine.__name__}
    # A checkpoint serves only what would have the same bits: the same run, code, software and processor.
    identity = {
        **{key: getattr(snakemake.params, key) for key in ("run", "dw", "every", "unit", "first_steps")},
        **{key: trained_in[key] for key in ("engine", "python", "packages", "architecture", "processor", "variables")},
        "code": snakemake.params.code,
    }
    folder = Path(snakemake.output.metrics).with_name("checkpoint")
    # `checkpoint` and `on_divergence` are no parameters of the rule, or a change of either would train everything anew.
    checkpoints = Checkpoints(folder, identity, snakemake.config["checkpoint"])
    signal.signal(signal.SIGTERM, checkpoints.stop)
    outputs.pop("environment").write_text(json.dumps(trained_in, indent=2) + "\n")
    images = load_images(Path(snakemake.input.data[0]).parent, run.train_images, run.dataset)
    engine = make_engine(run, images, snakemake.threads)
    schedule = FrameSchedule(snakemake.params.every, snakemake.params.unit)
    starting = time.monotonic() - STARTED
    try:
        steps = tuple(snakemake.params.first_steps)
        options = TrainingOptions(snakemake.params.dw, schedule, snakemake.config["on_divergence"], steps)
        spent = train(run, engine, Outputs(**outputs), checkpoints, options)
    except StoppedError as reason:
        sys.exit(str(reason))
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # KB; on macOS bytes
spent |= {"starting": starting, "max_rss": peak / (1024**2 if sys.platform == "darwin" else 1024)}
Path(snakemake.log.times).write_text(json.dumps(spent) + "\n")
checkpoints.remove()
