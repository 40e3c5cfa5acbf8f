"""torchvision's mirrors, over HTTP."""

import io
import time

import requests
from requests.adapters import HTTPAdapter
from requests.exceptions import InvalidURL
from urllib3 import Retry
from urllib3.exceptions import HTTPError

from dying_relu.data.datasets import Dataset
from dying_relu.data.sources.common import DEADLINE, MAX_FILE_BYTES, SourceError, decompress, describe

CONNECT_TIMEOUT = 5  # seconds at most for each address of a host; without a network, a host of eight would take minutes

# urllib3's errors come from reading `response.raw`, which requests does not convert.
UNREACHABLE = (HTTPError, requests.ConnectionError, requests.Timeout, requests.TooManyRedirects, InvalidURL)


def mirror_urls(dataset: Dataset) -> list[str]:
    """The folders that torchvision downloads a dataset from; each ends with a slash."""
    import torchvision.datasets  # here, because it takes three seconds, and a local folder may have everything

    source = getattr(torchvision.datasets, dataset.folder)
    return source.mirrors if hasattr(source, "mirrors") else [f"{source.url.rpartition('/')[0]}/"]


def anonymous_session() -> requests.Session:
    """A session that repeats a request when a server is busy, and sends no login of the user's .netrc.

    A failed connection is final, since other sources may work. Proxies and certificates of the environment are used.
    """
    session = requests.Session()
    # Without these requests looks into .netrc, and once more when a mirror redirects.
    session.auth = lambda request: request
    session.rebuild_auth = lambda *_: None
    retry = Retry(connect=0, read=0, status=2, backoff_factor=0.5, status_forcelist=[429, 500, 502, 503, 504])
    for scheme in ("http://", "https://"):
        session.mount(scheme, HTTPAdapter(max_retries=retry))
    return session


def download_file(session: requests.Session, mirror: str, name: str, timeout: float) -> bytes:
    """The content of `name`, which mirrors keep as .gz; `timeout` is the seconds that the server may stay silent.

    Raises SourceError when the mirror cannot be reached, and requests.HTTPError when it lacks the file.
    """
    try:
        packed = _download(session, f"{mirror}{name.removesuffix('.gz')}.gz", timeout)
    except UNREACHABLE as error:
        raise SourceError(describe(error)) from None
    return packed if name.endswith(".gz") else decompress(packed)


def _download(session: requests.Session, url: str, timeout: float) -> bytes:
    end = time.monotonic() + DEADLINE
    content = io.BytesIO()
    with session.get(url, timeout=(min(timeout, CONNECT_TIMEOUT), timeout), stream=True) as response:
        response.raise_for_status()
        # read1 returns whatever has arrived; waiting for a full chunk of a trickling file would miss the deadline.
        while chunk := response.raw.read1(1 << 16, decode_content=True):
            content.write(chunk)
            if time.monotonic() > end:
                raise requests.Timeout(f"not complete after {DEADLINE} seconds")
            if content.tell() > MAX_FILE_BYTES:
                raise ValueError(f"larger than {MAX_FILE_BYTES:,} bytes")
    return content.getvalue()
