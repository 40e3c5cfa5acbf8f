"""Train one run and write down everything that is measured on the way."""

import logging
import time
from contextlib import closing
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor

from dying_relu.brightness import Range, brightness
from dying_relu.checkpoints import Arrays, Checkpoints
from dying_relu.engine import Engine
from dying_relu.images import Images, Scaling
from dying_relu.measure import TestResult, at_birth, silent_units
from dying_relu.moments import Moments, array_name
from dying_relu.network import Network
from dying_relu.record import Outputs, Part, join
from dying_relu.run import Run
from dying_relu.streams import image_order
from dying_relu.writers import ArrayArchive, write_table

log = logging.getLogger(__name__)


METRICS = [
    *("epoch", "train_loss", "train_accuracy", "perfect_batches"),
    *("test_loss", "test_accuracy", "test_accuracy_batch_statistics"),
    *("dead_units", "inactive_units", "dark_units"),
]
UNITS = ["epoch", "unit", "active_fraction", "dw_min", "dw_max", "background", "dead", "inactive", "dark", "layer"]
BATCHES = ["epoch", "batch", "accuracy", "loss"]


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
    moments: Moments,
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
        with closing(Part(checkpoints.part(done + 1))) as part:
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
                dead, inactive = silent_units(engine.network, images.train)
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
    write_table(initial, outputs.initial)
    join(checkpoints.parts, outputs)
    spent["measuring"] += time.monotonic() - started
    return spent


class WeightChange:
    """dW of the hidden layers, by the definition that the configuration asks for."""

    def __init__(self, engine: Engine, kind: str) -> None:
        """`kind`: `gradient` (of the last mini-batch's loss) or `update` (since the last frame)."""
        self._engine = engine
        self._previous = self._copied() if kind == "update" else None

    def now(self) -> list[NDArray[np.float32]]:
        """dW of each layer at this moment, `[width, inputs]`."""
        weights = self._weights()
        if self._previous is None:
            return [self._engine.gradient(layer).numpy() for layer in range(len(weights))]
        return [(now - before).numpy() for now, before in zip(weights, self._previous, strict=True)]

    def frame_taken(self) -> None:
        """Let later updates count from here."""
        if self._previous is not None:
            self._previous = self._copied()

    def state(self) -> Arrays:
        """What `restore` needs to go on as if nothing had happened."""
        return {f"previous.{layer}": weights.numpy() for layer, weights in enumerate(self._previous or [])}

    def restore(self, state: Arrays) -> None:
        """Go on from a `state`, among other arrays."""
        for layer, weights in enumerate(self._previous or []):
            weights.copy_(torch.from_numpy(state[f"previous.{layer}"]))

    def _copied(self) -> list[Tensor]:
        return [weight.clone() for weight in self._weights()]

    def _weights(self) -> list[Tensor]:
        return [layer.weight.detach() for layer in self._engine.network.layers]


def _train_epoch(
    run: Run, engine: Engine, epoch: int, change: WeightChange, moments: Moments, archive: ArrayArchive
) -> tuple[pd.DataFrame, Range, float]:
    """One pass over the images: a row per mini-batch, every unit's range of dW at the end, and the engine's seconds."""
    order = image_order(run.seed, epoch, run.train_images).split(run.batch_size)
    stretches = []
    begin = 0
    seconds = 0.0
    for end, frame in moments.of_epoch(run, epoch):
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
    return trained, Range.of(*dw), seconds


def _refuse_divergence(run: Run, epoch: int, trained: pd.DataFrame, tested: TestResult) -> None:
    """The last step of an epoch shows in the test only."""
    if not np.isfinite(tested.loss):
        raise DivergenceError(run, epoch, len(trained), f"the test loss is {tested.loss}")


def _mark_divergence(run: Run, part: Part, moments: Moments, reason: DivergenceError, network: Network) -> None:
    part.metrics.append(pd.DataFrame([{"epoch": reason.epoch}], columns=METRICS))
    part.units.append(pd.DataFrame(columns=UNITS))  # the header, should these be the first rows
    part.batches.append(pd.DataFrame(columns=BATCHES))
    frame = moments.of_divergence(run, reason.epoch, reason.batch)
    for layer, weights in enumerate((layer.weight for layer in network.layers), 1):
        part.dw.append(array_name(frame, layer), np.zeros(weights.shape, np.uint8))


def _initial_rows(run: Run, network: Network, images: Images) -> pd.DataFrame:
    """`initial.csv`: the units before the first step, one layer after the other."""
    born = at_birth(network, images.train, images.test)
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
    epoch: int, trained: pd.DataFrame, tested: TestResult, dead: Tensor, inactive: Tensor, shown: Range
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


def _unit_rows(run: Run, epoch: int, tested: TestResult, dead: Tensor, inactive: Tensor, shown: Range) -> pd.DataFrame:
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
