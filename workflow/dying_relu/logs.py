"""Where a job's words go."""

import logging
import os
import sys
import traceback
from pathlib import Path
from types import TracebackType


def log_to(path: str) -> None:
    """Send everything that this process and its children say, errors included, to the file `path`.

    An error that the file cannot take, because the disk is full, is said where errors went before.
    """
    console = os.dup(sys.stderr.fileno())
    # A new file: the orphan of a killed workflow, which may still run, keeps the old one.
    Path(path).unlink(missing_ok=True)
    with Path(path).open("w") as file:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
            os.dup2(file.fileno(), stream.fileno())
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    sys.excepthook = lambda *error: _say(error, console)


def _say(error: tuple[type[BaseException], BaseException, TracebackType | None], console: int) -> None:
    try:
        traceback.print_exception(*error)
    except OSError:
        os.write(console, "".join(traceback.format_exception(*error)).encode())
