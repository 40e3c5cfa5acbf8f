"""A training job of this project from start to end, as `workflow/scripts/train.py` does it."""

import csv
from pathlib import Path
from tempfile import TemporaryDirectory

from dying_relu_engine import ENGINES, run_of
from harness import read_arguments, report

from dying_relu.data.images import load_images
from dying_relu.engines.engine import choose
from dying_relu.training.checkpoints import Checkpoints
from dying_relu.training.train import Outputs, train

if __name__ == "__main__":
    name, task, epochs = read_arguments()
    run = run_of(task, 1 + epochs)
    with TemporaryDirectory() as folder:
        outputs, checkpoints = Outputs.within(Path(folder)), Checkpoints(Path(folder) / "checkpoint", {}, 10)
        engine = choose(ENGINES[name], run)(run, load_images(task.raw, run.train_images))
        train(run, engine, outputs, checkpoints)
        first = next(csv.DictReader(outputs.metrics.open()))
    report(accuracy=float(first["test_accuracy"]))
