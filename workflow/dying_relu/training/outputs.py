"""The files of a run: written in parts while it trains, and joined at its end."""

from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

from dying_relu.io.writers import CsvWriter, NpzWriter, concatenate_csv, concatenate_npz

TABLES = ("metrics", "units", "batches", "first_steps")
ARCHIVE = "dw.npz"


@dataclass(frozen=True)
class Outputs:
    """Paths of a run's results: its units before the first step, tables over the training, and the frames of dW.

    The trained network is written only where `network` is a path.

    The .npz archive `dw` has one array of brightnesses per frame and hidden layer, uint8 `[units, inputs]`, named by
    `frame_schedule.array_name`.
    """

    initial: Path
    metrics: Path
    units: Path
    batches: Path
    first_steps: Path
    deaths: Path
    dw: Path
    network: Path | None = None

    @classmethod
    def within(cls, folder: Path) -> "Outputs":
        """Return the paths in `folder`, with the names that the files have below the results folder."""
        names = (
            "initial.csv",
            "metrics.csv",
            "units.csv.gz",
            "batches.csv.gz",
            "first_steps.csv",
            "deaths.csv",
            ARCHIVE,
        )
        return cls(*(folder / name for name in names))


class PartialOutputs:
    """Writers for the same files of some epochs of a run, in one folder and not yet compressed."""

    def __init__(self, folder: Path) -> None:
        self._files = ExitStack()
        self.metrics, self.units, self.batches, self.first_steps = (
            self._files.enter_context(closing(CsvWriter(folder / f"{name}.csv"))) for name in TABLES
        )
        self.dw = self._files.enter_context(closing(NpzWriter(folder / ARCHIVE, compressed=False)))

    def close(self) -> None:
        self._files.close()


def join_parts(parts: Sequence[Path], outputs: Outputs) -> None:
    """Write the results of a run from the folders of its parts, in their order.

    The bytes do not depend on where the parts begin and end.
    """
    for name in TABLES:
        concatenate_csv([part / f"{name}.csv" for part in parts], getattr(outputs, name))
    concatenate_npz([part / ARCHIVE for part in parts], outputs.dw)
