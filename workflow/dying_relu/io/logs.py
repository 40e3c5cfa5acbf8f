"""The log of a job."""

import logging
import os
import sys
import traceback
from pathlib import Path
from types import TracebackType


def log_to(path: str) -> None:
    """Redirect the output of this process and its children, errors included, to the file `path`.

    In logged messages and errors, ~ replaces the user's home folder: logs are results, and may be passed on. An error
    that the file cannot take, because the disk is full, goes to the former stderr.
    """
    console = os.dup(sys.stderr.fileno())
    # A new file: the orphan of a killed workflow may still write to the old one.
    Path(path).unlink(missing_ok=True)
    with Path(path).open("w") as file:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
            os.dup2(file.fileno(), stream.fileno())
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_RedactHome("%(asctime)s %(levelname)s %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    sys.excepthook = lambda *error: _print_error(error, console)


class _RedactHome(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return _without_home(super().format(record))


def _print_error(error: tuple[type[BaseException], BaseException, TracebackType | None], console: int) -> None:
    words = _without_home("".join(traceback.format_exception(*error)))
    try:
        print(words, end="", file=sys.stderr, flush=True)
    except OSError:
        os.write(console, words.encode())


def _without_home(text: str) -> str:
    home = os.path.expanduser("~").rstrip("/")  # noqa: PTH111, since Path.home() fails where there is none
    return text.replace(home, "~") if home else text
