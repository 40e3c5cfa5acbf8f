"""What every script of a job does around its work."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from dying_relu.io.atomic import atomic_write
from dying_relu.io.folders import list_files
from dying_relu.io.logs import log_to


@contextmanager
def job(snakemake: Any) -> Iterator[dict[str, Path]]:
    """Log to the job's first log file, and yield where to write each named output.

    An output becomes visible under its own name when the block ends without an error; see `atomic_write`. `snakemake`
    is the object that Snakemake gives to a script; any other with `log` and `output` does. Ctrl-C ends the script
    without a traceback, since Snakemake shows the logs of all jobs that fail.
    """
    log_to(snakemake.log[0])
    try:
        with ExitStack() as outputs:
            paths = {name: outputs.enter_context(atomic_write(path)) for name, path in snakemake.output.items()}
            yield paths
            for folder in filter(Path.is_dir, paths.values()):
                list_files(folder)
    except KeyboardInterrupt:
        sys.exit("interrupted")
