"""Train one run, and write its tables, its dW and the environment that it was trained in."""

import json
import signal
import sys
from contextlib import ExitStack
from pathlib import Path

from dying_relu.configuration.run import Run
from dying_relu.data.images import load_images
from dying_relu.engines.engine import choose, prepare_torch
from dying_relu.io.atomic import atomic_write
from dying_relu.io.logs import log_to
from dying_relu.measurements.frame_schedule import FrameSchedule
from dying_relu.provenance.provenance import environment
from dying_relu.training.checkpoints import Checkpoints
from dying_relu.training.train import Outputs, StoppedError, train

run = Run.from_parameters(snakemake.params.run)
engine = choose(snakemake.params.engine, run)  # a warning of this goes to the console, not into the log
log_to(snakemake.log[0])
Path(snakemake.log.times).touch()  # Snakemake shows all logs of a job that fails
prepare_torch(snakemake.threads)
trained_in = environment() | {"engine": engine.__name__}
# A checkpoint serves only what would have come to the same bits: the same run, code, software and processor.
identity = {
    **{key: getattr(snakemake.params, key) for key in ("run", "dw", "every", "unit")},
    **{key: trained_in[key] for key in ("engine", "python", "packages", "architecture", "processor")},
    "code": snakemake.params.code,
}
# How often is no parameter of the rule: a change of it must not train anything again.
folder = Path(snakemake.output.metrics).with_name("checkpoint")
checkpoints = Checkpoints(folder, identity, snakemake.config["checkpoint"])
signal.signal(signal.SIGTERM, checkpoints.stop)
images = load_images(Path(snakemake.input.data[0]).parent, run.train_images, run.dataset)
with ExitStack() as files:
    paths = {name: files.enter_context(atomic_write(path)) for name, path in snakemake.output.items()}
    trained_in_file = paths.pop("environment")
    moments = FrameSchedule(snakemake.params.every, snakemake.params.unit)
    try:
        spent = train(
            run,
            images,
            engine,
            snakemake.params.dw,
            moments,
            Outputs(**paths),
            checkpoints,
            # Nor this, since a run that does not diverge does not depend on it.
            snakemake.config["on_divergence"],
        )
    except StoppedError as reason:
        sys.exit(str(reason))
    trained_in_file.write_text(json.dumps(trained_in, indent=2) + "\n")
Path(snakemake.log.times).write_text(json.dumps(spent) + "\n")
checkpoints.remove()
