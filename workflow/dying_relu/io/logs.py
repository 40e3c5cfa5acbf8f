"""Where a job's words go."""

import logging
import os
import sys
import traceback
from pathlib import Path
from types import TracebackType


def log_to(path: str) -> None:
    """Send everything that this process and its children say, errors included, to the file `path`.

    Where a message names a file below the user's home, ~ stands for the home: logs are results, and may be passed on.
    An error that the file cannot take, because the disk is full, is said where errors went before.
    """
    console = os.dup(sys.stderr.fileno())
    # A new file: the orphan of a killed workflow, which may still run, keeps the old one.
    Path(path).unlink(missing_ok=True)
    with Path(path).open("w") as file:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
            os.dup2(file.fileno(), stream.fileno())
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_RedactHome("%(asctime)s %(levelname)s %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    sys.excepthook = lambda *error: _say(error, console)


class _RedactHome(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return _without_home(super().format(record))


def _say(error: tuple[type[BaseException], BaseException, TracebackType | None], console: int) -> None:
    words = _without_home("".join(traceback.format_exception(*error)))
    try:
        print(words, end="", file=sys.stderr, flush=True)
    except OSError:
        os.write(console, words.encode())


def _without_home(text: str) -> str:
    home = os.path.expanduser("~").rstrip("/")  # noqa: PTH111, since Path.home() fails where there is none
    return text.replace(home, "~") if home else text
