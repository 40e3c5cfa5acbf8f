"""Where a job's words go."""

import logging
import os
import sys
from pathlib import Path


def log_to(path: str) -> None:
    """Send everything that this process and its children say, errors included, to the file `path`."""
    # A new file: the orphan of a killed workflow, which may still run, keeps the old one.
    Path(path).unlink(missing_ok=True)
    with Path(path).open("w") as file:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
            os.dup2(file.fileno(), stream.fileno())
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
