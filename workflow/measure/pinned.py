"""What measurements of time share: one process at a time on one core, and what becomes of its numbers."""

import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from dying_relu.figures.style import save
from dying_relu.io.atomic import atomic_write
from dying_relu.provenance.provenance import environment

WORKFLOW = Path(__file__).parents[1]


class MeasurementError(RuntimeError):
    """A measured process failed, or did not do the work that it is timed for."""


def run_pinned(command: Sequence[str]) -> dict[str, Any]:
    """Run `command` on the first core with one thread; returns the JSON in its last line of output.

    Raises MeasurementError with the end of what it said when it fails.
    """
    core = min(os.sched_getaffinity(0))
    done = subprocess.run(
        command,
        env=os.environ | {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "PYTHONPATH": str(WORKFLOW)},
        preexec_fn=lambda: os.sched_setaffinity(0, {core}),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise MeasurementError(f"{' '.join(command)}: {done.stderr.strip()[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def machine() -> str:
    """What was measured on, in words."""
    here = environment()
    return f"one core of {here['processor'] or here['architecture']}, {here['system']}"


def write(results: Path, name: str, table: pd.DataFrame, figure: Figure) -> None:
    """Write `name`.csv and `name`.png into the results folder, and print the table."""
    with atomic_write(results / f"{name}.csv") as path:
        table.to_csv(path, index=False, float_format="%.4g")
    with atomic_write(results / f"{name}.png") as path:
        save(figure, path)
    print(machine(), table.to_string(index=False, float_format="{:.3f}".format), sep="\n")
