"""What all sources share: errors, limits and decompression.

A source is a function that returns the content of a file by its name. It raises SourceError when it is of no use for
any file; other errors concern one file.
"""

import gzip
import io
from collections.abc import Callable

Source = Callable[[str], bytes]

DEADLINE = 300  # seconds for one download, however steadily it trickles
MAX_FILE_BYTES = 200_000_000  # the largest file has 170 million


class SourceError(RuntimeError):
    """A source is of no use for any file; the message says why."""


def describe(error: Exception) -> str:
    """The class and the last line of an error; of a SourceError the line alone."""
    lines = str(error).strip().splitlines()
    return lines[-1] if isinstance(error, SourceError) else ": ".join([type(error).__name__, *lines[-1:]])


def decompress(content: bytes) -> bytes:
    """The content of a .gz file. Raises ValueError beyond MAX_FILE_BYTES, so that no archive can fill the memory."""
    with gzip.open(io.BytesIO(content)) as file:
        decompressed = file.read(MAX_FILE_BYTES + 1)
    if len(decompressed) > MAX_FILE_BYTES:
        raise ValueError(f"larger than {MAX_FILE_BYTES:,} bytes")
    return decompressed
