"""Train one run and write down everything that is measured on the way."""

import logging
import time
from contextlib import closing
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from torch import Tensor

from dying_relu.configuration.run import Run
from dying_relu.data.images import Images, Scaling
from dying_relu.engines.engine import Engine
from dying_relu.io.columns import BATCHES, METRICS, UNITS
from dying_relu.io.writers import NpzWriter, write_csv
from dying_relu.measurements.dead_units import at_initialization, dead_and_inactive_units
from dying_relu.measurements.dw import DwRange, brightness
from dying_relu.measurements.evaluation import TestResult
from dying_relu.measurements.frame_schedule import FrameSchedule, array_name
from dying_relu.model.network import Network
from dying_relu.model.seeding import image_order
from dying_relu.training.checkpoints import Checkpoints
from dying_relu.training.outputs import Outputs, PartialOutputs, join_parts
from dying_relu.training.weight_change import WeightChange

log = logging.getLogger(__name__)


class DivergenceError(FloatingPointError):
    """The loss of mini-batch `batch` of `epoch` (both from 1), or of the test after it, is infinite or not a number."""

    def __init__(self, run: Run, epoch: int, batch: int, what: str) -> None:
        super().__init__(
            f"{run.name} diverged: {what} in epoch {epoch}, mini-batch {batch}; learning_rate is {run.learning_rate:g}"
        )
        self.epoch, self.batch = epoch, batch


class StoppedError(RuntimeError):
    """The training was asked to stop, and has left a checkpoint."""


def train(
    run: Run,
    images: Images,
    make_engine: type[Engine],
    dw: str,
    moments: FrameSchedule,
    outputs: Outputs,
    checkpoints: Checkpoints,
    on_divergence: str = "fail",
) -> dict[str, float]:
    """Train `run` to its last epoch and write its tables and frames; `dw` is `gradient` or `update`.

    Goes on from where `checkpoints` says that an earlier call was interrupted; `outputs` are written at the end,
    and have the same bytes then.
    Returns the seconds that went into `training` and into `measuring` (with writing it down).
    A run whose loss is not finite ends there. With `on_divergence` `fail` DivergenceError is raised; with `keep` the
    complete epochs are its results, `metrics` has one more row that holds nothing but the epoch, and the archive a last
    frame, all black. Raises StoppedError at the end of an epoch in which `checkpoints.stop` was called. After an error
    there are no `outputs`.
    """
    network = Network(run, images.train.shape[1], Scaling.of(run.input_scaling, images.train))
    initial = _initial_rows(run, network, images)
    engine = make_engine(run, network, images.train, images.train_labels)
    test = engine.tester(images.test, images.test_labels)
    change = WeightChange(engine, dw)
    log.info("%s: %d epochs of %d mini-batches", run.name, run.epochs, run.steps_per_epoch)
    done, spent = 0, {"training": 0.0, "measuring": 0.0}
    if reached := checkpoints.resume():
        done, spent = reached.epoch, reached.spent
        engine.restore(reached.arrays)
        change.restore(reached.arrays)
        log.info("going on from the checkpoint after epoch %d", done)
    diverged = False
    while done < run.epochs and not diverged:
        with closing(PartialOutputs(checkpoints.part(done + 1))) as part:
            for epoch in range(done + 1, run.epochs + 1):
                started = time.monotonic()
                try:
                    trained, shown, seconds = _train_epoch(run, engine, epoch, change, moments, part.dw)
                    tested = test()
                    _refuse_divergence(run, epoch, trained, tested)
                except DivergenceError as reason:
                    if on_divergence == "fail":
                        raise
                    log.warning("%s; what came before is kept, marked as diverged", reason)
                    _mark_divergence(run, part, moments, reason, network)
                    diverged = True
                    break
                dead, inactive = dead_and_inactive_units(engine.network, images.train)
                row = _metrics(epoch, trained, tested, dead, inactive, shown)
                part.metrics.append(pd.DataFrame([row]))
                part.units.append(_unit_rows(run, epoch, tested, dead, inactive, shown))
                part.batches.append(trained[BATCHES])
                spent["training"] += seconds
                spent["measuring"] += time.monotonic() - started - seconds
                _log_progress(run, row, sum(spent.values()))
                if checkpoints.due():
                    break
        if diverged:
            break
        done = epoch
        started = time.monotonic()
        checkpoints.save(done, engine.state() | change.state(), spent)
        spent["measuring"] += time.monotonic() - started
        if checkpoints.stopping and done < run.epochs:
            raise StoppedError(f"{run.name} was asked to stop; the same command goes on after epoch {done}")
    started = time.monotonic()
    write_csv(initial, outputs.initial)
    join_parts(checkpoints.parts, outputs)
    spent["measuring"] += time.monotonic() - started
    return spent


def _train_epoch(
    run: Run, engine: Engine, epoch: int, change: WeightChange, moments: FrameSchedule, archive: NpzWriter
) -> tuple[pd.DataFrame, DwRange, float]:
    """One pass over the images: a row per mini-batch, every unit's range of dW at the end, and the engine's seconds."""
    order = image_order(run.seed, epoch, run.train_images).split(run.batch_size)
    stretches = []
    begin = 0
    seconds = 0.0
    for end, frame in moments.segments(run, epoch):
        started = time.monotonic()
        losses, correct = engine.train(order[begin:end])
        seconds += time.monotonic() - started
        rows = pd.DataFrame({"epoch": epoch, "batch": range(begin + 1, end + 1)})
        rows["size"] = [len(batch) for batch in order[begin:end]]
        rows["loss"], rows["correct"] = losses.numpy(), correct.numpy()
        bad = rows[~np.isfinite(rows["loss"])]
        if len(bad):
            raise DivergenceError(run, epoch, int(bad["batch"].iloc[0]), f"the loss is {bad['loss'].iloc[0]}")
        stretches.append(rows)
        dw = change.now()
        if frame is not None:
            for layer, values in enumerate(dw, 1):
                archive.append(array_name(frame, layer), brightness(values))
            change.frame_taken()
        begin = end
    trained = pd.concat(stretches, ignore_index=True)
    trained["accuracy"] = trained["correct"] / trained["size"]
    return trained, DwRange.of(*dw), seconds


def _refuse_divergence(run: Run, epoch: int, trained: pd.DataFrame, tested: TestResult) -> None:
    """The last step of an epoch shows in the test only."""
    if not np.isfinite(tested.loss):
        raise DivergenceError(run, epoch, len(trained), f"the test loss is {tested.loss}")


def _mark_divergence(
    run: Run, part: PartialOutputs, moments: FrameSchedule, reason: DivergenceError, network: Network
) -> None:
    part.metrics.append(pd.DataFrame([{"epoch": reason.epoch}], columns=METRICS))
    part.units.append(pd.DataFrame(columns=UNITS))  # the header, should these be the first rows
    part.batches.append(pd.DataFrame(columns=BATCHES))
    frame = moments.divergence_frame(run, reason.epoch, reason.batch)
    for layer, weights in enumerate((layer.weight for layer in network.layers), 1):
        part.dw.append(array_name(frame, layer), np.zeros(weights.shape, np.uint8))


def _initial_rows(run: Run, network: Network, images: Images) -> pd.DataFrame:
    """`initial.csv`: the units before the first step, one layer after the other."""
    born = at_initialization(network, images.train, images.test)
    return pd.DataFrame(
        {
            "layer": _layers(run),
            "unit": _units(run),
            "active_fraction": born.active_fraction.numpy(),
            "dead": born.dead.int().numpy(),
            "inactive": born.inactive.int().numpy(),
        }
    )


def _metrics(
    epoch: int, trained: pd.DataFrame, tested: TestResult, dead: Tensor, inactive: Tensor, shown: DwRange
) -> dict[str, Any]:
    """The epoch's row of the metrics; means over the epoch weigh every image alike."""
    images = trained["size"].sum()
    return {
        "epoch": epoch,
        "train_loss": np.average(trained["loss"], weights=trained["size"]),
        "train_accuracy": trained["correct"].sum() / images,
        "perfect_batches": (trained["correct"] == trained["size"]).mean(),
        "test_loss": tested.loss,
        "test_accuracy": tested.accuracy,
        "test_accuracy_batch_statistics": tested.accuracy_batch_statistics,
        "dead_units": int(dead.sum()),
        "inactive_units": int(inactive.sum()),
        "dark_units": int(shown.dark.sum()),
    }


def _unit_rows(
    run: Run, epoch: int, tested: TestResult, dead: Tensor, inactive: Tensor, shown: DwRange
) -> pd.DataFrame:
    """The epoch's rows of the units, one layer after the other."""
    return pd.DataFrame(
        {
            "epoch": epoch,
            "unit": _units(run),
            "active_fraction": tested.active_fraction.numpy(),
            "dw_min": shown.smallest,
            "dw_max": shown.largest,
            "background": shown.background,
            "dead": dead.int().numpy(),
            "inactive": inactive.int().numpy(),
            "dark": shown.dark.astype(int),
            "layer": _layers(run),
        }
    )


def _layers(run: Run) -> NDArray[np.int64]:
    """The layer of each unit, from 1."""
    return np.repeat(np.arange(len(run.widths)) + 1, run.widths)


def _units(run: Run) -> NDArray[np.int64]:
    """The number of each unit within its layer, from 0."""
    return np.concatenate([np.arange(width) for width in run.widths])


def _log_progress(run: Run, row: dict[str, Any], seconds: float) -> None:
    epoch = row["epoch"]
    left = timedelta(seconds=round(seconds / epoch * (run.epochs - epoch)))
    log.info(
        "epoch %d/%d: train %.4f, test %.4f (mini-batch statistics %.4f), dead %d, inactive %d, dark %d; "
        "%.2f s an epoch, %s left",
        *(epoch, run.epochs, row["train_accuracy"], row["test_accuracy"], row["test_accuracy_batch_statistics"]),
        *(row["dead_units"], row["inactive_units"], row["dark_units"], seconds / epoch, left),
    )
