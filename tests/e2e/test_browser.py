"""The report in a real Chromium, opened from disk."""

import os
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

from helpers import QUICK, setting, snakemake

pytestmark = pytest.mark.slow

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture(scope="module")
def chromium() -> str:
    """The browser; where there is none the tests are skipped, but in CI they fail."""
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        message = f"no browser: none of {', '.join(BROWSERS)} is on the PATH, and CHROMIUM names none"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return found


@pytest.fixture
def page(chromium) -> Iterator[Page]:
    """A page that fails the test when it says an error, or asks for anything that is not a file."""
    wrong = []
    options = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=options)
        page = browser.new_page()
        page.on("console", lambda message: message.type == "error" and wrong.append(message.text))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("requestfailed", lambda request: _aborted(request) or wrong.append(f"failed: {request.url}"))
        page.on("request", lambda request: _local(request.url) or wrong.append(f"network: {request.url}"))
        yield page
        browser.close()
    assert wrong == []


def _local(url: str) -> bool:
    return url.startswith(("file:", "data:", "blob:"))


def _aborted(request) -> bool:
    """A player that has read enough of a video for now drops the request, which is no failure."""
    return request.resource_type == "media" and request.failure == "net::ERR_ABORTED"


@pytest.fixture
def report(results, tmp_path) -> Path:
    """The report alone, moved elsewhere."""
    shutil.copytree(results / "report", tmp_path / "moved")
    return tmp_path / "moved" / "index.html"


def test_all_figures_load(page, report):
    page.goto(report.as_uri())
    images = page.locator("img")
    # Per experiment a summary and three more, per comparison three and the accuracy of both runs; and of each run.
    assert images.count() == 2 * 4 + 2 * 5 + 11
    for image in images.all():
        image.scroll_into_view_if_needed()
        page.wait_for_function("image => image.complete && image.naturalWidth > 100", arg=image.element_handle())


def test_every_video_plays(page, report):
    page.goto(report.as_uri())
    videos = page.locator("video")
    assert videos.count() == 2 + 11
    for video in videos.all():
        handle = video.element_handle()
        video.scroll_into_view_if_needed()
        # Two frames at ten a second.
        video.evaluate("video => { video.loop = false; video.playbackRate = 0.5; return video.play(); }")
        page.wait_for_function("video => video.ended", arg=handle, timeout=10_000)
        size = video.evaluate("video => [video.videoWidth, video.videoHeight, video.error, video.duration]")
        assert size == [466 if size[0] < 500 else 946, 492, None, 0.2]


@pytest.mark.parametrize("width", [360, 1280, 2200])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_wider_than_the_page(page, report, width, scheme):
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(report.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_snakemakes_own_report(page, project, tmp_path):
    archive = tmp_path / "report.zip"
    done = snakemake(project, *QUICK, *setting(data="{}"), "--report", str(archive))
    assert done.returncode == 0, done.stdout
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(tmp_path)
    (index,) = tmp_path.glob("*/report.html")
    assert len(list(index.parent.rglob("dw.mp4"))) == 11
    page.goto(index.as_uri())
    for category in ("Report", "Summary figures", "What the units do", "Accuracy of each run", "dW videos", "Tables"):
        page.get_by_role("link", name=category, exact=True).wait_for()
    page.get_by_role("link", name="Summary figures", exact=True).click()
    page.get_by_text("Leaky ReLU", exact=True).first.wait_for()
