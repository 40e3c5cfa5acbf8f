"""The rows of a run's tables; `io.columns` has their columns, and docs/output.md what these hold."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from torch import Tensor

from dying_relu.configuration.run import Run
from dying_relu.measurements.dead_units import InitialUnits
from dying_relu.measurements.dw import DwRange
from dying_relu.measurements.evaluation import TestResult


@dataclass(frozen=True)
class EpochResult:
    """What is measured in one epoch (from 1).

    `batches` has a row per mini-batch, measured before its step: `epoch, batch, size, loss, correct, accuracy`. All
    else is measured at the end of the epoch; `dead` and `inactive` are bool `[units]`, layer after layer.
    """

    epoch: int
    batches: pd.DataFrame
    tested: TestResult
    dead: Tensor
    inactive: Tensor
    dw: DwRange

    def metrics(self) -> dict[str, Any]:
        """Return the epoch's row of `metrics.csv`; in means over the epoch, each image has the same weight."""
        size, correct = self.batches["size"], self.batches["correct"]
        return {
            "epoch": self.epoch,
            "train_loss": np.average(self.batches["loss"], weights=size),
            "train_accuracy": correct.sum() / size.sum(),
            "perfect_batches": (correct == size).mean(),
            "test_loss": self.tested.loss,
            "test_accuracy": self.tested.accuracy,
            "test_accuracy_batch_statistics": self.tested.accuracy_batch_statistics,
            "dead_units": int(self.dead.sum()),
            "inactive_units": int(self.inactive.sum()),
            "dark_units": int(self.dw.dark.sum()),
        }

    def units(self, run: Run) -> pd.DataFrame:
        """Return the epoch's rows of `units.csv.gz`."""
        units = _units(run)
        return pd.DataFrame(
            {
                "epoch": self.epoch,
                "unit": units["unit"],
                "active_fraction": self.tested.active_fraction.numpy(),
                "dw_min": self.dw.smallest,
                "dw_max": self.dw.largest,
                "background": self.dw.background,
                "dead": self.dead.int().numpy(),
                "inactive": self.inactive.int().numpy(),
                "dark": self.dw.dark.astype(int),
                "layer": units["layer"],
            }
        )


def initial_rows(run: Run, units: InitialUnits) -> pd.DataFrame:
    """Return `initial.csv`: the units before the first step."""
    return _units(run).assign(
        active_fraction=units.active_fraction.numpy(),
        dead=units.dead.int().numpy(),
        inactive=units.inactive.int().numpy(),
    )


def _units(run: Run) -> pd.DataFrame:
    """Return the layer (from 1) and the number within it (from 0) of each hidden unit: `layer, unit`."""
    numbers = [(layer, unit) for layer, width in enumerate(run.widths, 1) for unit in range(width)]
    return pd.DataFrame(numbers, columns=["layer", "unit"])
