"""A run diverges when its loss is infinite or not a number: how that is found, and what the results say of it."""

import numpy as np
import pandas as pd

from dying_relu.configuration.run import Run
from dying_relu.io.columns import BATCHES, METRICS, UNITS
from dying_relu.measurements.frame_schedule import FrameSchedule, array_name
from dying_relu.model.network import Network
from dying_relu.training.outputs import PartialOutputs


class DivergenceError(FloatingPointError):
    """The loss of mini-batch `batch` of `epoch` (both from 1), or of the test after it, is infinite or not a number."""

    def __init__(self, run: Run, epoch: int, batch: int, what: str) -> None:
        super().__init__(
            f"{run.name} diverged: {what} in epoch {epoch}, mini-batch {batch}; learning_rate is {run.learning_rate:g}"
        )
        self.epoch, self.batch = epoch, batch


def check_training_loss(run: Run, rows: pd.DataFrame) -> None:
    """Raise DivergenceError for the first of `rows` (columns `epoch, batch, loss`) whose loss is not finite."""
    for row in rows[~np.isfinite(rows["loss"])].itertuples():
        raise DivergenceError(run, row.epoch, row.batch, f"the loss is {row.loss}")


def check_test_loss(run: Run, epoch: int, loss: float) -> None:
    """Raise DivergenceError if the test's loss is not finite: the only loss after the epoch's last step."""
    if not np.isfinite(loss):
        raise DivergenceError(run, epoch, run.steps_per_epoch, f"the test loss is {loss}")


def mark_divergence(
    run: Run, error: DivergenceError, network: Network, schedule: FrameSchedule, part: PartialOutputs
) -> None:
    """Append to `part` a row of metrics that holds nothing but the epoch, and a black frame."""
    part.metrics.append(pd.DataFrame([{"epoch": error.epoch}], columns=METRICS))
    part.units.append(pd.DataFrame(columns=UNITS))  # No rows, but a header if there are none before.
    part.batches.append(pd.DataFrame(columns=BATCHES))
    frame = schedule.divergence_frame(run, error.epoch, error.batch)
    for number, layer in enumerate(network.layers, 1):
        part.dw.append(array_name(frame, number), np.zeros(layer.weight.shape, np.uint8))
