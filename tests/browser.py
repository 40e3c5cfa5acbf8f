"""Fixtures for tests of pages in a real Chromium; a test module names this module in `pytest_plugins`."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from hashlib import sha256
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Request, sync_playwright

from made_up import made_up_config, made_up_page

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
AXE = "axe-core@4.10.3"
AXE_DIGEST = "0f2b4d7dcdf7d1219df8d1959ad68e565f51d14c3f0d88bb71cd59abeb956292"  # of the npm package
OPTIONS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")


def missing(message: str) -> None:
    """Skip a test that lacks what it needs; in CI, fail it."""
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The browser that the environment variable CHROMIUM names, or the first that is on the PATH."""
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        missing(f"no browser: none of {', '.join(BROWSERS)} is on the PATH, and CHROMIUM names none")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=list(OPTIONS))
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def opened(browser) -> Callable[..., AbstractContextManager[Page]]:
    """A function that opens a page, with the options of Playwright's `new_page`: `viewport`, `color_scheme` and so on.

    When the page is closed, the test fails if it has logged an error, or requested anything but files.
    """

    def failed(request: Request) -> bool:
        # A video player that has read enough for now drops the request, which is no failure.
        return request.resource_type != "media" or request.failure != "net::ERR_ABORTED"

    @contextmanager
    def open_page(**options) -> Iterator[Page]:
        wrong = []
        local = ("file:", "data:", "blob:")
        with browser.new_page(**options) as page:
            page.on("console", lambda message: message.type == "error" and wrong.append(message.text))
            page.on("pageerror", lambda error: wrong.append(str(error)))
            page.on("requestfailed", lambda request: failed(request) and wrong.append(f"failed: {request.url}"))
            page.on("request", lambda request: request.url.startswith(local) or wrong.append(f"network: {request.url}"))
            yield page
        assert wrong == []

    return open_page


@pytest.fixture
def page(opened) -> Iterator[Page]:
    with opened(viewport={"width": 1280, "height": 1000}, has_touch=True) as page:
        yield page


@pytest.fixture(scope="module")
def made_up(tmp_path_factory) -> Path:
    """The page of results that were never trained, of which every number and pixel is known."""
    return made_up_page(tmp_path_factory.mktemp("made up"), made_up_config())


@pytest.fixture(scope="module")
def axe(tmp_path_factory) -> str:
    """axe-core, which checks accessibility, as text."""
    folder = tmp_path_factory.mktemp("axe")
    try:
        command = ["npm", "pack", AXE, "--silent", "--pack-destination", str(folder)]
        subprocess.run(command, check=True, capture_output=True, timeout=120)
    except (OSError, subprocess.SubprocessError) as error:
        missing(f"{AXE} cannot be fetched: {error}")
    (archive,) = folder.glob("*.tgz")
    assert sha256(archive.read_bytes()).hexdigest() == AXE_DIGEST
    shutil.unpack_archive(archive, folder)
    return (folder / "package" / "axe.min.js").read_text()
