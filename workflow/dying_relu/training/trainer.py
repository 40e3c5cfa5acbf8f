"""One epoch of a run: train it mini-batch by mini-batch, draw its frames, measure the network, and fill its tables.

`io.columns` has the tables' columns, and docs/output.md what they hold.
"""

import time
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dying_relu.configuration.run import Run
from dying_relu.engines.engine import Engine
from dying_relu.io.columns import BATCHES, FIRST_STEPS, METRICS, UNITS
from dying_relu.measurements.dw import DwRange, brightness
from dying_relu.measurements.frame_schedule import FrameSchedule, array_name, split
from dying_relu.model.seeding import image_order, mini_batches
from dying_relu.training.deaths import Deaths
from dying_relu.training.outputs import PartialOutputs


class DivergenceError(FloatingPointError):
    """The loss of mini-batch `batch` of `epoch` (both from 1), or of the test after it, is infinite or not a number."""

    def __init__(self, run: Run, epoch: int, batch: int, what: str) -> None:
        super().__init__(
            f"{run.name} diverged: {what} in epoch {epoch}, mini-batch {batch}; learning_rate is {run.learning_rate:g}"
        )
        self.epoch, self.batch = epoch, batch


class Trainer:
    """Trains a run epoch by epoch, and measures it.

    dW, by the configuration's `dw`, is the `gradient_of_sum` of the losses of the last mini-batch's images, the
    `gradient` of their mean loss, or the `update` since the previous frame. `first_steps`: the steps after which units
    are counted, beside the ends of epochs. `seconds` is what the engine has spent on training, `initial` the table
    `initial.csv`.
    """

    def __init__(self, run: Run, engine: Engine, dw: str, schedule: FrameSchedule, first_steps: Iterable[int]) -> None:
        numbers = [(layer, unit) for layer, width in enumerate(run.widths, 1) for unit in range(width)]
        self._units = pd.DataFrame(numbers, columns=["layer", "unit"])
        with engine.training_statistics():
            active = engine.test().active_fraction
            dead, inactive = engine.dead_and_inactive_units()
        self.initial = self._units.assign(active_fraction=active, dead=dead.astype(int), inactive=inactive.astype(int))
        self._deaths, self._watched = Deaths(dead), sorted(first_steps)
        self.seconds = 0.0
        self._run, self._engine, self._dw, self._schedule = run, engine, dw, schedule
        self._previous = [weight.copy() for weight in self._weights()] if dw == "update" else []

    def epoch(self, epoch: int, part: PartialOutputs) -> dict[str, Any]:
        """Train and measure `epoch` (from 1), and append its rows and frames to `part`. Raises DivergenceError.

        Returns its row of metrics; in means over the epoch, each image has the same weight.
        """
        batches, dw = self._train(epoch, part)
        size, correct = batches["size"], batches["correct"]
        tested = self._engine.test()
        if not np.isfinite(tested.loss):  # the only loss after the epoch's last step
            raise DivergenceError(self._run, epoch, self._run.steps_per_epoch, f"the test loss is {tested.loss}")
        dead, inactive = self._engine.dead_and_inactive_units()
        self._deaths.see(epoch * self._run.steps_per_epoch, dead)
        metrics = {
            "epoch": epoch,
            "train_loss": np.average(batches["loss"], weights=size),
            "train_accuracy": correct.sum() / size.sum(),
            "perfect_batches": (correct == size).mean(),
            "test_loss": tested.loss,
            "test_accuracy": tested.accuracy,
            "test_accuracy_batch_statistics": tested.accuracy_batch_statistics,
            "dead_units": int(dead.sum()),
            "inactive_units": int(inactive.sum()),
            "dark_units": int(dw.dark.sum()),
            "train_accuracy_eval": self._engine.train_accuracy() if epoch == self._run.epochs else np.nan,
        }
        units = self._units.assign(
            epoch=epoch,
            active_fraction=tested.active_fraction,
            dw_min=dw.smallest,
            dw_max=dw.largest,
            background=dw.background,
            dead=dead.astype(int),
            inactive=inactive.astype(int),
            dark=dw.dark.astype(int),
        )
        part.metrics.append(pd.DataFrame([metrics]))
        part.units.append(units[UNITS])
        part.batches.append(batches[BATCHES])
        return metrics

    def mark_divergence(self, error: DivergenceError, part: PartialOutputs) -> None:
        """Append to `part` a row of metrics that holds nothing but the epoch, and a black frame."""
        part.metrics.append(pd.DataFrame([{"epoch": error.epoch}], columns=METRICS))
        part.units.append(pd.DataFrame(columns=UNITS))  # No rows, but a header if there are none before.
        part.batches.append(pd.DataFrame(columns=BATCHES))
        part.first_steps.append(pd.DataFrame(columns=FIRST_STEPS))
        frame = self._schedule.divergence_frame(self._run, error.epoch, error.batch)
        for layer, weight in enumerate(self._weights(), 1):
            part.dw.append(array_name(frame, layer), np.zeros(weight.shape, np.uint8))

    def state(self) -> dict[str, NDArray]:
        """Return what `restore` needs to resume after an epoch."""
        return (
            self._engine.state()
            | self._deaths.state()
            | {f"previous.{layer}": kept for layer, kept in enumerate(self._previous)}
        )

    def restore(self, state: Mapping[str, NDArray]) -> None:
        self._engine.restore(state)
        self._deaths.restore(state)
        for layer, kept in enumerate(self._previous):
            kept[...] = state[f"previous.{layer}"]

    @property
    def deaths(self) -> pd.DataFrame:
        """The table `deaths.csv`, until now."""
        return self._deaths.table(self._units)

    def _train(self, epoch: int, part: PartialOutputs) -> tuple[pd.DataFrame, DwRange]:
        """Take the epoch's steps and draw its frames.

        Returns a row per mini-batch, measured before its step, `epoch, batch, size, loss, correct, accuracy`, and the
        range of dW at the end.
        """
        shuffled = epoch if self._run.shuffle == "every_epoch" else 1
        order = image_order(self._run.seed, shuffled, self._run.train_images)
        batches = mini_batches(order, self._run.batch_size)
        before = (epoch - 1) * len(batches)
        watched = [step - before for step in self._watched if before < step <= before + len(batches)]
        begin, segments = 0, []
        part.first_steps.append(pd.DataFrame(columns=FIRST_STEPS))  # no rows, but a header
        for end, frame in split(self._schedule.segments(self._run, epoch), watched):
            started = time.monotonic()
            losses, correct = self._engine.train(batches[begin:end])
            self.seconds += time.monotonic() - started
            rows = pd.DataFrame({"epoch": epoch, "batch": range(begin + 1, end + 1)})
            rows["size"] = [len(batch) for batch in batches[begin:end]]
            rows["loss"], rows["correct"] = losses, correct
            rows["accuracy"] = rows["correct"] / rows["size"]
            for row in rows[~np.isfinite(rows["loss"])].itertuples():
                raise DivergenceError(self._run, epoch, row.batch, f"the loss is {row.loss}")
            segments.append(rows)
            if end in watched:
                part.first_steps.append(self._look(before + end))
            dw = self._dw_of_layers(len(batches[end - 1]))
            if frame is not None:
                for layer, values in enumerate(dw, 1):
                    part.dw.append(array_name(frame, layer), brightness(values))
                if self._previous:
                    self._previous = [weight.copy() for weight in self._weights()]
            begin = end
        return pd.concat(segments, ignore_index=True), DwRange.of(*dw)

    def _look(self, step: int) -> pd.DataFrame:
        """Count dead and inactive units after `step`; returns its rows of `first_steps.csv`."""
        with self._engine.training_statistics():
            dead, inactive = self._engine.dead_and_inactive_units()
        self._deaths.see(step, dead)
        counted = self._units.assign(step=step, units=1, dead=dead, inactive=inactive)
        return counted.groupby(["step", "layer"], as_index=False)[["units", "dead", "inactive"]].sum()[FIRST_STEPS]

    def _dw_of_layers(self, size: int) -> list[NDArray[np.float32]]:
        """Return dW of each layer, `[units, inputs]`, after a mini-batch of `size` images."""
        if self._dw == "update":
            return [weight - before for weight, before in zip(self._weights(), self._previous, strict=True)]
        losses = np.float32(size if self._dw == "gradient_of_sum" else 1)
        return [losses * self._engine.gradient(layer) for layer in range(len(self._run.widths))]

    def _weights(self) -> list[NDArray[np.float32]]:
        """Return the weights of each hidden layer, `[units, inputs]`; a channel's inputs are those of its kernel."""
        state = self._engine.state_dict()
        weights = (state[f"layers.{layer}.linear.weight"] for layer in range(len(self._run.widths)))
        return [weight.reshape(len(weight), -1) for weight in weights]
