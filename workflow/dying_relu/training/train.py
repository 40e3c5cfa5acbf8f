"""Train one run to its last epoch, from checkpoint to checkpoint, and write its tables and frames."""

import logging
import time
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from dying_relu.configuration.run import Run
from dying_relu.engines.engine import Engine
from dying_relu.io.writers import write_csv
from dying_relu.measurements.frame_schedule import FrameSchedule
from dying_relu.model.saved import save_network
from dying_relu.training.checkpoints import Checkpoints
from dying_relu.training.outputs import Outputs, PartialOutputs, join_parts
from dying_relu.training.trainer import DivergenceError, Trainer

log = logging.getLogger(__name__)


class StoppedError(RuntimeError):
    """The training was asked to stop, and has left a checkpoint."""


@dataclass(frozen=True)
class TrainingOptions:
    """What a training records beside its tables, and what becomes of a run that diverges.

    `dw`: see `Trainer`. `on_divergence`: `fail`, or `keep` for the complete epochs as results, with one more row of
    metrics that holds nothing but the epoch, and a last frame that is black. `first_steps`: see `Trainer`.
    """

    dw: str = "gradient_of_sum"
    schedule: FrameSchedule = field(default_factory=FrameSchedule)
    on_divergence: str = "fail"
    first_steps: tuple[int, ...] = ()


def train(
    run: Run,
    engine: Engine,
    outputs: Outputs,
    checkpoints: Checkpoints,
    options: TrainingOptions = TrainingOptions(),
) -> dict[str, float]:
    """Train `run` to its last epoch, and write `outputs` at its end.

    Resumes from the last checkpoint; outputs are byte-identical to those of an uninterrupted run.
    Returns the seconds spent on `training` and on `measuring`, which includes writing.
    Raises DivergenceError if the loss is not finite and `options.on_divergence` is `fail`, and StoppedError after an
    epoch in which `checkpoints.stop` was called. After an error there are no outputs.
    """
    started = time.monotonic()
    trainer = Trainer(run, engine, options.dw, options.schedule, options.first_steps)
    log.info("%s: %d epochs of %d mini-batches", run.name, run.epochs, run.steps_per_epoch)
    done, before, diverged = 0, 0.0, False
    if progress := checkpoints.resume():
        done, before, trainer.seconds = progress.epoch, sum(progress.spent.values()), progress.spent["training"]
        trainer.restore(progress.arrays)
        log.info("going on from the checkpoint after epoch %d", done)

    def spent() -> dict[str, float]:
        total = before + time.monotonic() - started
        return {"training": trainer.seconds, "measuring": total - trainer.seconds}

    while done < run.epochs and not diverged:
        with closing(PartialOutputs(checkpoints.part(done + 1))) as part:
            for epoch in range(done + 1, run.epochs + 1):
                try:
                    metrics = trainer.epoch(epoch, part)
                except DivergenceError as error:
                    if options.on_divergence == "fail":
                        raise
                    log.warning("%s; the results are those of the epochs before, marked as diverged", error)
                    trainer.mark_divergence(error, part)
                    diverged = True
                    break
                _log_progress(run, metrics, sum(spent().values()))
                done = epoch
                if checkpoints.due():
                    break
        if not diverged:
            checkpoints.save(done, trainer.state(), spent())
            if checkpoints.stopping and done < run.epochs:
                raise StoppedError(f"{run.name} was asked to stop; the same command goes on after epoch {done}")
    write_csv(trainer.initial, outputs.initial)
    write_csv(trainer.deaths, outputs.deaths)
    join_parts(checkpoints.parts, outputs)
    if outputs.network:
        save_network(outputs.network, run, engine.scaling, engine.state_dict())
    return spent()


def _log_progress(run: Run, row: dict[str, Any], seconds: float) -> None:
    epoch = row["epoch"]
    left = timedelta(seconds=round(seconds / epoch * (run.epochs - epoch)))
    log.info(
        "epoch %d/%d: train %.4f, test %.4f (mini-batch statistics %.4f), dead %d, inactive %d, dark %d; "
        "%.2f s an epoch, %s left",
        *(epoch, run.epochs, row["train_accuracy"], row["test_accuracy"], row["test_accuracy_batch_statistics"]),
        *(row["dead_units"], row["inactive_units"], row["dark_units"], seconds / epoch, left),
    )
