"""The report in a real Chromium, opened from disk."""

import re
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import Browser, Locator, Page

from browser import chromium, missing, opened
from dying_relu.report.snakemake_pages import table_page
from helpers import QUICK, ROOT, setting, snakemake
from made_up import EPOCHS, made_up_config, made_up_page

pytestmark = pytest.mark.slow

AXE = "axe-core@4.10.3"
AXE_DIGEST = "0f2b4d7dcdf7d1219df8d1959ad68e565f51d14c3f0d88bb71cd59abeb956292"  # of the npm package


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


@pytest.fixture(scope="module")
def made_up(tmp_path_factory) -> Path:
    """The page of results that were never trained, of which every number and pixel is known."""
    return made_up_page(tmp_path_factory.mktemp("made up"))


def all_there(page: Page) -> None:
    """Wait until everything that is loaded when it comes into view is there."""
    for chart in page.locator("figure[data-chart]").all():
        chart.scroll_into_view_if_needed()
        chart.and_(page.locator("[data-drawn]")).wait_for()
    page.locator("#player").scroll_into_view_if_needed()
    page.locator("#player[aria-busy=false]").wait_for()


def test_all_figures_load(page, report):
    page.goto(report.as_uri())
    all_there(page)
    images = page.locator("img")
    # Per experiment the summary and three more; per comparison a contact sheet, three figures and two accuracies.
    assert images.count() == 2 * 4 + 2 * 6 + 11
    assert (
        page.evaluate("[...document.images].filter(image => !image.complete || image.naturalWidth < 100).length") == 0
    )


def test_every_video_plays(page, report, results):
    page.goto(report.as_uri())
    videos = sorted(results.glob("runs/*/dw.mp4"))
    assert len(videos) == 11
    for path in videos:
        # Two frames at ten a second.
        size = page.evaluate(
            """source => new Promise((resolve, reject) => {
                const video = document.createElement("video");
                video.muted = true;
                video.onended = () => resolve([video.videoWidth, video.videoHeight, video.duration]);
                video.onerror = () => reject(video.error.message);
                video.src = source;
                video.play();
            })""",
            path.as_uri(),
        )
        assert size == [466, 492, 0.2]


@pytest.mark.parametrize("width", [360, 1280, 2200])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_wider_than_the_page(browser, report, width, scheme):
    with opened(browser, viewport={"width": width, "height": 900}, color_scheme=scheme) as page:
        page.goto(report.as_uri())
        all_there(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_what_diverged_is_no_number_on_the_page(page, made_up):
    page.goto(made_up.as_uri())
    all_there(page)
    rows = page.locator("#final tbody tr")
    said = [row for row in rows.all_inner_texts() if "diverged" in row]
    assert [re.search(r"diverged in epoch \d+", row)[0][-1] for row in said] == ["1", "1", "6", "6"]
    assert not re.search(r"\b(nan|undefined|null)\b", page.locator("main").inner_text(), re.IGNORECASE)
    chart = page.locator("figure[data-chart]")
    for epoch, curves in ((4, 4), (9, 3)):
        said = [text for text in hovered(page, chart, epoch, EPOCHS) if "%" in text]
        assert len(said) == curves
        assert any("mini-batch 500 (diverged: 2 of 2)" in text for text in said) == (epoch == 4)


# What the charts say on hovering.


def hovered(page: Page, chart: Locator, epoch: int, epochs: int) -> list[str]:
    """What is said when the pointer is at an epoch; the axis goes from 0.5 to `epochs` + 0.5."""
    chart.locator(".live").scroll_into_view_if_needed()
    box = chart.locator(".nsewdrag").first.bounding_box()
    page.mouse.move(box["x"] + 1, box["y"] + box["height"] / 2)
    page.mouse.move(box["x"] + box["width"] * (epoch - 0.5) / epochs, box["y"] + box["height"] / 2, steps=3)
    chart.locator(".hoverlayer .legendtext, .hoverlayer .hovertext text").first.wait_for()
    page.wait_for_timeout(200)
    return chart.locator(".hoverlayer .legendtext, .hoverlayer .hovertext text").evaluate_all(
        "texts => texts.map(text => text.textContent)"
    )


@pytest.mark.parametrize("column", ["test_accuracy_batch_statistics", "test_accuracy"])
def test_a_chart_tells_the_values_of_the_tables(page, report, results, column):
    page.goto(report.as_uri())
    all_there(page)
    runs = pd.read_csv(results / "runs.csv")
    for name in ("batch_size", "leaky_relu"):
        chart = page.locator(f"#figure-summary-{name}")
        chart.locator(f"input[value={column}]").check()
        said = hovered(page, chart, 2, 2)
        of_experiment = runs[runs["experiments"].str.split(";").apply(lambda names, name=name: name in names)]["run"]
        last = [pd.read_csv(results / "runs" / run / "metrics.csv").iloc[1] for run in of_experiment]
        values = sorted(f"{row[column]:.2%}" for row in last) + sorted(f"{row['dead_units']:.0f} dead" for row in last)
        shown = [text.rpartition(" : ")[2] for text in said if " : " in text]
        assert sorted(shown) == sorted(values)
        # The download has the same.
        table = pd.read_csv(report.parent / "media" / f"{name}.csv").query("epoch == 2")
        assert sorted(table[column]) == sorted(row[column] for row in last)


def test_a_chart_shows_seeds_or_a_band(page, made_up):
    page.goto(made_up.as_uri())
    all_there(page)
    chart = page.locator("figure[data-chart]")
    runs = [run for run in made_up_config().runs.values() if not run.batch_norm]
    folder = made_up.parents[1] / "results" / "runs"
    values = [pd.read_csv(folder / run.name / "metrics.csv").iloc[3]["test_accuracy_batch_statistics"] for run in runs]
    band = f"{np.mean(values):.2%} ({min(values):.2%} to {max(values):.2%})"
    assert any(text.endswith(f"no BN, mini-batch 100 : {band}") for text in hovered(page, chart, 4, EPOCHS))
    chart.locator("input[value=seeds]").check()
    curves = chart.locator(".cartesianlayer .xy .trace.scatter")
    assert curves.count() == 10
    # By the keyboard all curves of an epoch are told.
    chart.locator(".live").focus()
    page.keyboard.press("ArrowRight")
    said = chart.locator(".hoverlayer .hovertext").evaluate_all("texts => texts.map(text => text.textContent)")
    assert any(re.search(r"seed \d+, epoch \d+: \d+\.\d\d%", text) for text in said)


# Other ways of reading.


def test_text_of_the_configuration_is_text(page, made_up):
    page.goto(made_up.as_uri())
    all_there(page)
    assert page.locator("h2", has_text="<script>alert").count() == 2  # of the experiment, and of the comparison
    assert page.locator("script", has_text="alert(").count() == 0


def test_without_scripts_there_are_figures(browser, report):
    with opened(browser, java_script_enabled=False) as page:
        page.goto(report.as_uri())
        assert page.locator("noscript:visible").count() == 1
        assert page.locator("figure[data-chart] > img:visible").count() == 2
        assert page.locator("#player:visible, .live:visible, button:visible").count() == 0


def test_on_paper(page, report):
    page.goto(report.as_uri())
    all_there(page)
    paper = page.pdf(format="A4")
    assert 8 <= len(re.findall(rb"/Type\s*/Page\b", paper)) <= 30
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 700, "height": 1000})  # A4 within its margins
    wide = "[...document.querySelectorAll('body, .wide')].filter(one => one.scrollWidth > one.clientWidth).length"
    assert page.evaluate(wide) == 0
    assert page.locator("#player:visible, .live:visible, button:visible, nav:visible").count() == 0
    assert page.locator("figure[data-chart] > img:visible").count() == 2


@pytest.fixture(scope="module")
def axe(tmp_path_factory) -> str:
    """axe-core, which checks accessibility."""
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


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("which", ["report", "made_up"])
def test_it_is_accessible(browser, axe, request, which, scheme):
    with opened(browser, color_scheme=scheme) as page:
        page.goto(request.getfixturevalue(which).as_uri())
        all_there(page)
        page.evaluate(axe)
        violations = page.evaluate("axe.run({ preload: false }).then(found => found.violations)")
        serious = [found for found in violations if found["impact"] in ("serious", "critical")]
        assert [(found["id"], found["nodes"][0]["html"][:200]) for found in serious] == []


def test_tables_of_snakemakes_report_are_sorted_by_their_headings(page, tmp_path):
    table = pd.DataFrame({"run": ["b10", "b9", "b100"], "loss": [1e-9, None, 0.5]})
    script = (ROOT / "workflow" / "report" / "table.js").read_text()
    (tmp_path / "table.html").write_text(table_page(table, "Runs", script))
    page.goto((tmp_path / "table.html").as_uri())

    def order() -> list[str]:
        return page.locator("tbody td:first-child").all_inner_texts()

    assert order() == ["b10", "b9", "b100"]
    for name, expected in (("run", ["b9", "b10", "b100"]), ("loss", ["b10", "b100", "b9"])):
        page.get_by_role("button", name=name).click()
        assert order() == expected
    page.get_by_role("button", name="loss").click()
    assert order() == ["b100", "b10", "b9"]  # what is empty stays at the end
    assert page.locator("th").nth(1).get_attribute("aria-sort") == "descending"


def test_snakemakes_own_report(page, project, tmp_path):
    archive = tmp_path / "report.zip"
    done = snakemake(project, *QUICK, *setting(data="{}"), "--report", str(archive))
    assert done.returncode == 0, done.stdout
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(tmp_path)
    (index,) = tmp_path.glob("*/report.html")
    assert len(list(index.parent.rglob("dw.mp4"))) == 11
    page.goto(index.as_uri())
    for category in ("Report", "Summary figures", "Accuracy of each run", "dW videos", "Tables"):
        page.get_by_role("link", name=category, exact=True).wait_for()
    page.get_by_role("link", name="Summary figures", exact=True).click()
    page.get_by_text("Leaky ReLU", exact=True).first.wait_for()
    # The page works from within the archive too.
    (packed_page,) = (path.parents[1] / "index.html" for path in index.parent.rglob("media/player.js"))
    page.goto(packed_page.as_uri())
    all_there(page)
