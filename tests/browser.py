"""A real Chromium, driven by Playwright, for tests of pages that are opened from disk."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, Request, sync_playwright

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
OPTIONS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")


def missing(message: str) -> None:
    """What a test needs is not there: it is skipped, but in CI it fails."""
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser that the environment variable CHROMIUM names, or the first that is on the PATH."""
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        missing(f"no browser: none of {', '.join(BROWSERS)} is on the PATH, and CHROMIUM names none")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=list(OPTIONS))
        yield browser
        browser.close()


@contextmanager
def opened(browser: Browser, **options) -> Iterator[Page]:
    """A page that fails the test when it says an error, or asks for anything that is not a file.

    `options` are those of Playwright's `new_page`: `viewport`, `color_scheme` and so on.
    """
    wrong = []
    page = browser.new_page(**options)
    page.on("console", lambda message: message.type == "error" and wrong.append(message.text))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("requestfailed", lambda request: _aborted(request) or wrong.append(f"failed: {request.url}"))
    page.on("request", lambda request: _local(request.url) or wrong.append(f"network: {request.url}"))
    yield page
    page.close()
    assert wrong == []


def _local(url: str) -> bool:
    return url.startswith(("file:", "data:", "blob:"))


def _aborted(request: Request) -> bool:
    """A player that has read enough of a video for now drops the request, which is no failure."""
    return request.resource_type == "media" and request.failure == "net::ERR_ABORTED"
