"""The report in a real Chromium, opened from disk."""

import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from browser import chromium, opened
from helpers import QUICK, setting, snakemake

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def page(browser) -> Iterator[Page]:
    with opened(browser) as page:
        yield page


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
