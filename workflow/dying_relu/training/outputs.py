"""What a training writes down: part by part while it lasts, and joined when it is done."""

from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

from dying_relu.io.writers import CsvWriter, NpzWriter, concatenate_csv, concatenate_npz

TABLES = ("metrics", "units", "batches")
ARCHIVE = "dw.npz"


@dataclass(frozen=True)
class Outputs:
    """Where a run's results go: its units at birth, three tables over the epochs, and an .npz archive of brightnesses.

    The archive has one array per frame and hidden layer, uint8 `[width, inputs]`, under the name that
    `moments.array_name` says.
    """

    initial: Path
    metrics: Path
    units: Path
    batches: Path
    dw: Path

    @classmethod
    def within(cls, folder: Path) -> "Outputs":
        """All of them in one folder, under the names that they have below the results folder."""
        names = ("initial.csv", "metrics.csv", "units.csv.gz", "batches.csv.gz", ARCHIVE)
        return cls(*(folder / name for name in names))


class PartialOutputs:
    """The same for some epochs of a run, in one folder and not yet compressed."""

    def __init__(self, folder: Path) -> None:
        self._files = ExitStack()
        self.metrics, self.units, self.batches = (
            self._files.enter_context(closing(CsvWriter(folder / f"{name}.csv"))) for name in TABLES
        )
        self.dw = self._files.enter_context(closing(NpzWriter(folder / ARCHIVE, compressed=False)))

    def close(self) -> None:
        self._files.close()


def join_parts(parts: Sequence[Path], outputs: Outputs) -> None:
    """Write the results of a run from the folders of all its parts, in their order.

    Wherever the parts begin and end, the bytes are the same.
    """
    for name in TABLES:
        concatenate_csv([part / f"{name}.csv" for part in parts], getattr(outputs, name))
    concatenate_npz([part / ARCHIVE for part in parts], outputs.dw)
