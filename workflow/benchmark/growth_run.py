"""Train one run as a job does, and tell the seconds of an epoch and the peak memory (MB) of the process as JSON.

Everything that a job does at each epoch is counted: training, measuring, and writing tables and frames; what it does
once, before the first mini-batch, is told apart. The seconds are processor time: on one core they are what a quiet
machine takes, even where the core is shared.
"""

import argparse
import json
import resource
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from dying_relu.configuration.config import load_config
from dying_relu.data.images import load_images as load_images
from dying_relu.engines.engine import choose, prepare_torch
from dying_relu.measurements.frame_schedule import FrameSchedule
from dying_relu.model.network import Network
from dying_relu.training.checkpoints import Checkpoints
from dying_relu.training.train import Outputs, train


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("raw", type=Path, help="the folder MNIST/raw")
    parser.add_argument("epochs", type=int)
    parser.add_argument("engine", help="auto, torch or numba")
    parser.add_argument("seed", type=int)
    parser.add_argument("parameters", type=json.loads, help="of the run, where they differ from the defaults, as JSON")
    arguments = parser.parse_args()
    prepare_torch(1)
    experiments = {"growth": {"title": "Growth", "grids": [arguments.parameters]}}
    settings = {"epochs": arguments.epochs, "seeds": [arguments.seed], "experiments": experiments}
    config = load_config(settings)
    (run,) = config.runs.values()
    images = load_images(arguments.raw, run.train_images)
    chosen = choose(arguments.engine, run)

    # One mini-batch first, and a test of one: what is compiled is not counted.
    few = slice(run.batch_size)
    warm = chosen(run, Network(run, images.train.shape[1]), images.train[few], images.train_labels[few])
    warm.train([images.train_labels.new_tensor(range(run.batch_size))])
    warm.tester(images.test[few], images.test_labels[few])()

    class Watched(chosen):
        """The engine; it remembers when its first mini-batches came."""

        begun = None

        def train(self, batches):
            Watched.begun = Watched.begun or time.process_time()
            return super().train(batches)

    with TemporaryDirectory() as folder:
        outputs = Outputs.within(Path(folder))
        checkpoints = Checkpoints(Path(folder) / "checkpoint", {}, config.settings["checkpoint"])
        started = time.process_time()
        train(run, images, Watched, "gradient", FrameSchedule(1, "epoch"), outputs, checkpoints)
        ended = time.process_time()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    seconds = {"setup": Watched.begun - started, "seconds": (ended - Watched.begun) / run.epochs}
    print(json.dumps({"engine": chosen.__name__, "peak": peak / 1e6} | seconds))


if __name__ == "__main__":
    main()
