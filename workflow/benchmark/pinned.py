"""Processes on one core, the same for all that are to be compared."""

import json
import os
import subprocess
from collections.abc import Sequence
from typing import Any


class BenchmarkError(RuntimeError):
    """A measured process failed, or did not do the work that it is timed for."""


def run_pinned(command: Sequence[str], core: int) -> dict[str, Any]:
    """Run `command` on the core `core` with one thread; what its last line of output says, which is JSON.

    Raises BenchmarkError with the end of what it said when it fails.
    """
    done = subprocess.run(
        command,
        env=os.environ | {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"},
        preexec_fn=lambda: os.sched_setaffinity(0, {core}),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BenchmarkError(f"{' '.join(command)}: {done.stderr.strip()[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])
