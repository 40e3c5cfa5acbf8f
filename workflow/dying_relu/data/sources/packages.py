"""What package managers' sources share: running their commands and reading their archives."""

import io
import re
import subprocess
import tarfile
from collections.abc import Mapping

from dying_relu.data.sources.common import DEADLINE, MAX_FILE_BYTES, SourceError, describe

# The line of npm's, apt's or dpkg's standard error that says why it failed; the last line often does not.
REASON = re.compile(
    r"^(?:npm err(?:or|!)|E:|dpkg-deb: error:) (?!(?:code|syscall|errno|path|A complete log)\b)(.+)",
    re.IGNORECASE | re.MULTILINE,
)


def run_command(command: list[str], folder: str) -> bytes:
    """The standard output of a command that runs in `folder`. Raises SourceError when it fails."""
    try:
        done = subprocess.run(command, check=True, capture_output=True, timeout=DEADLINE, cwd=folder)
    except FileNotFoundError:
        raise SourceError(f"{command[0]} is not installed") from None
    except subprocess.TimeoutExpired:
        raise SourceError(f"{command[0]}: not complete after {DEADLINE} seconds") from None
    except subprocess.CalledProcessError as error:
        message = error.stderr.decode(errors="replace").strip() or f"exit code {error.returncode}"
        found = REASON.search(message)
        raise SourceError(f"{command[0]}: {found[1] if found else message.splitlines()[-1]}") from None
    return done.stdout


def extract_files(archive: bytes, members: Mapping[str, str]) -> dict[str, bytes]:
    """Regular files of a tar archive; `members` maps the keys of the result to paths in the archive.

    Nothing is unpacked onto the disk. Raises SourceError when the archive is damaged, or a member is missing, a link or
    too large.
    """
    contents = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            for name, member in members.items():
                entry = tar.getmember(member)
                if not entry.isfile() or entry.size > MAX_FILE_BYTES:
                    raise SourceError(f"{member} is no regular file of at most {MAX_FILE_BYTES:,} bytes")
                contents[name] = tar.extractfile(entry).read()
    except (tarfile.TarError, EOFError, OSError, KeyError) as error:
        raise SourceError(f"the archive is of no use: {describe(error)}") from None
    return contents
