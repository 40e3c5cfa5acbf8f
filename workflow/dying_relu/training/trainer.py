"""One epoch of a run: train it mini-batch by mini-batch, draw its frames, and measure the network at its end."""

import time
from typing import Any

import pandas as pd

from dying_relu.configuration.run import Run
from dying_relu.data.images import Images, Scaling
from dying_relu.engines.engine import Engine
from dying_relu.io.columns import BATCHES
from dying_relu.measurements.dead_units import at_initialization, dead_and_inactive_units
from dying_relu.measurements.dw import DwRange, brightness
from dying_relu.measurements.frame_schedule import FrameSchedule, array_name
from dying_relu.model.network import Network
from dying_relu.model.seeding import image_order
from dying_relu.training.checkpoints import Arrays
from dying_relu.training.divergence import check_test_loss, check_training_loss
from dying_relu.training.outputs import PartialOutputs
from dying_relu.training.rows import EpochResult, initial_rows
from dying_relu.training.weight_change import WeightChange


class Trainer:
    """Trains a run epoch by epoch, and measures it.

    `seconds` is what the engine has spent on training, `initial` the table `initial.csv`.
    """

    def __init__(self, run: Run, images: Images, make_engine: type[Engine], dw: str, schedule: FrameSchedule) -> None:
        self.network = Network(run, images.train.shape[1], Scaling.of(run.input_scaling, images.train))
        self.initial = initial_rows(run, at_initialization(self.network, images.train, images.test))
        self.seconds = 0.0
        self._run, self._schedule, self._pixels = run, schedule, images.train
        self._engine = make_engine(run, self.network, images.train, images.train_labels)
        self._test = self._engine.tester(images.test, images.test_labels)
        self._weight_change = WeightChange(self._engine, dw)

    def epoch(self, epoch: int, part: PartialOutputs) -> dict[str, Any]:
        """Train and measure `epoch` (from 1), and append its rows and frames to `part`; return its row of metrics.

        Raises DivergenceError.
        """
        batches, dw = self._train(epoch, part)
        tested = self._test()
        check_test_loss(self._run, epoch, tested.loss)
        result = EpochResult(epoch, batches, tested, *dead_and_inactive_units(self.network, self._pixels), dw)
        metrics = result.metrics()
        part.metrics.append(pd.DataFrame([metrics]))
        part.units.append(result.units(self._run))
        part.batches.append(batches[BATCHES])
        return metrics

    def state(self) -> Arrays:
        """Return what `restore` needs to resume after an epoch."""
        return self._engine.state() | self._weight_change.state()

    def restore(self, state: Arrays) -> None:
        self._engine.restore(state)
        self._weight_change.restore(state)

    def _train(self, epoch: int, part: PartialOutputs) -> tuple[pd.DataFrame, DwRange]:
        """Take the epoch's steps and draw its frames; return a row per mini-batch, and the range of dW at the end."""
        batches = image_order(self._run.seed, epoch, self._run.train_images).split(self._run.batch_size)
        begin, segments = 0, []
        for end, frame in self._schedule.segments(self._run, epoch):
            started = time.monotonic()
            losses, correct = self._engine.train(batches[begin:end])
            self.seconds += time.monotonic() - started
            rows = pd.DataFrame({"epoch": epoch, "batch": range(begin + 1, end + 1)})
            rows["size"] = [len(batch) for batch in batches[begin:end]]
            rows["loss"], rows["correct"] = losses.numpy(), correct.numpy()
            rows["accuracy"] = rows["correct"] / rows["size"]
            check_training_loss(self._run, rows)
            segments.append(rows)
            dw = self._weight_change.now()
            if frame is not None:
                for layer, values in enumerate(dw, 1):
                    part.dw.append(array_name(frame, layer), brightness(values))
                self._weight_change.frame_taken()
            begin = end
        return pd.concat(segments, ignore_index=True), DwRange.of(*dw)
