"""The report in a real Chromium, opened from disk."""

import re
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import Locator, Page

from dying_relu.report.player import SPRITES
from dying_relu.report.snakemake_pages import table_page
from helpers import QUICK, ROOT, setting, snakemake
from made_up import EPOCHS, made_up_config

pytest_plugins = ("browser",)
pytestmark = pytest.mark.slow

HOVER_TEXTS = ".hoverlayer .legendtext, .hoverlayer .hovertext"
CHART = "figure[data-chart]"
LEFT, RIGHT = (run.name for run in made_up_config().comparisons["pair"].runs)


@pytest.fixture
def report(results, tmp_path) -> Path:
    """The report alone, moved elsewhere."""
    shutil.copytree(results / "report", tmp_path / "moved")
    return tmp_path / "moved" / "index.html"


def load_all(page: Page, report: Path) -> None:
    """Open a report, and wait until everything that loads when it comes into view is there."""
    page.goto(report.as_uri())
    for chart in page.locator(CHART).all():
        chart.scroll_into_view_if_needed()
        chart.and_(page.locator("[data-ready]")).wait_for()
    page.locator("#player").scroll_into_view_if_needed()
    page.locator("#player[aria-busy=false]").wait_for()


@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (1280, "dark"), (2200, "light")])
@pytest.mark.parametrize("which", ["report", "made_up"])
def test_it_is_complete_accessible_and_not_too_wide(opened, axe, request, which, width, scheme):
    with opened(viewport={"width": width, "height": 900}, color_scheme=scheme) as page:
        load_all(page, request.getfixturevalue(which))
        broken = "[...document.images].filter(image => !image.complete || image.naturalWidth < 100).length"
        assert page.evaluate(broken) == 0
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.evaluate(axe)
        violations = page.evaluate("axe.run({ preload: false }).then(found => found.violations)")
        serious = [found for found in violations if found["impact"] in ("serious", "critical")]
        assert [(found["id"], found["nodes"][0]["html"][:200]) for found in serious] == []


# Charts.


def hovered(page: Page, chart: Locator, epoch: int, epochs: int) -> list[str]:
    """The texts that appear when the pointer is at an epoch; the axis goes from 0.5 to `epochs` + 0.5."""
    chart.locator(".plot").scroll_into_view_if_needed()
    box = chart.locator(".nsewdrag").first.bounding_box()
    page.mouse.move(box["x"] + 1, box["y"] + box["height"] / 2)
    page.mouse.move(box["x"] + box["width"] * (epoch - 0.5) / epochs, box["y"] + box["height"] / 2, steps=3)
    texts = chart.locator(HOVER_TEXTS)
    texts.first.wait_for()
    page.wait_for_timeout(200)
    return texts.all_text_contents()


@pytest.mark.parametrize("column", ["test_accuracy_batch_statistics", "test_accuracy"])
def test_a_chart_tells_the_values_of_the_tables(page, report, results, column):
    load_all(page, report)
    for name in ("batch_size", "leaky_relu"):
        chart = page.locator(f"#figure-summary-{name}")
        chart.locator(f"input[value={column}]").check()
        texts = hovered(page, chart, 2, 2)
        table = pd.read_csv(report.parent / "assets" / "charts" / f"{name}.csv").query("epoch == 2")  # the download
        last = [pd.read_csv(results / "runs" / run / "metrics.csv").iloc[1] for run in table["run"]]
        values = sorted(f"{row[column]:.2%}" for row in last) + sorted(f"{row['dead_units']:.0f} dead" for row in last)
        shown = [text.rpartition(" : ")[2] for text in texts if " : " in text]
        assert sorted(shown) == sorted(values)
        assert table[column].tolist() == [row[column] for row in last]


def test_a_chart_shows_seeds_or_a_band_until_a_run_diverges(page, made_up):
    load_all(page, made_up)
    chart = page.locator(CHART)
    runs = [run for run in made_up_config().runs.values() if not run.batch_norm]
    folder = made_up.parents[1] / "results" / "runs"
    values = [pd.read_csv(folder / run.name / "metrics.csv").iloc[3]["test_accuracy_batch_statistics"] for run in runs]
    band = f"{np.mean(values):.2%} ({min(values):.2%} to {max(values):.2%})"
    texts = [text for text in hovered(page, chart, 4, EPOCHS) if "%" in text]
    assert len(texts) == 4
    assert any(text.endswith(f"no BN, mini-batch 100 : {band}") for text in texts)
    assert any("mini-batch 500 (diverged: 2 of 2)" in text for text in texts)
    assert sum("%" in text for text in hovered(page, chart, 9, EPOCHS)) == 3
    chart.locator("input[value=seeds]").check()
    # The arrow keys show the values of all curves at an epoch.
    chart.locator(".plot").focus()
    page.keyboard.press("ArrowRight")
    texts = chart.locator(HOVER_TEXTS).all_text_contents()
    assert any(re.search(r"seed \d+, epoch \d+: \d+\.\d\d%", text) for text in texts)
    # The tables have no numbers of a run that diverged.
    rows = [row for row in page.locator("#final tbody tr").all_inner_texts() if "diverged" in row]
    assert [re.search(r"diverged in epoch \d+", row)[0][-1] for row in rows] == ["1", "1", "6", "6"]
    assert not re.search(r"\b(nan|undefined|null)\b", page.locator("main").inner_text(), re.IGNORECASE)


# Other ways of reading.


@pytest.mark.parametrize(
    ("of_chart", "of_player"),
    [("plotly.data.js", f"runs/{LEFT}/player.data.js"), ("charts/one.data.js", f"runs/{LEFT}/{SPRITES}/001.webp")],
)
def test_a_missing_file_is_named(browser, made_up, tmp_path, of_chart, of_player):
    folder = shutil.copytree(made_up.parent, tmp_path / "changed")
    for file in (of_chart, of_player):
        (folder / "assets" / file).unlink()
    with browser.new_page() as page:
        page.goto((folder / "index.html").as_uri())
        player = page.locator("#player")
        player.scroll_into_view_if_needed()
        page.locator("#player[aria-busy=false]").wait_for()
        player.locator("canvas").first.press("End")  # of the second sprite
        player.get_by_text(f"This cannot be shown: assets/{of_player} is missing.").wait_for()
        player.locator(".side select").first.select_option(RIGHT)  # another run can be shown
        page.locator("#player[aria-busy=false]").wait_for()
        assert player.locator("[role=alert]").inner_text() == ""
        left, right = player.locator("canvas").all()
        assert left.get_attribute("data-frame") == right.get_attribute("data-frame") != "-1"
        chart = page.locator(CHART)
        chart.scroll_into_view_if_needed()
        chart.get_by_text(f"This cannot be shown: assets/{of_chart} is missing.").wait_for()
        assert chart.locator("> img").is_visible()
        assert chart.locator(".plot").is_hidden()


def test_an_old_browser_says_that_it_is_too_old(page, made_up):
    page.add_init_script("delete window.DecompressionStream")
    page.goto(made_up.as_uri())
    for place in (CHART, "#player"):
        page.locator(place).scroll_into_view_if_needed()
        page.locator(place).get_by_text("This cannot be shown: the browser is too old;").wait_for()
    assert page.locator(f"{CHART} > img").is_visible()


def images_take_the_place_of_scripts(page: Page) -> None:
    assert page.locator("#player:visible, .plot:visible, button:visible, .needs-script:visible").count() == 0
    assert page.locator(f"{CHART} > img:visible").count() == 2
    assert page.locator("img[src*='/comparisons/']:visible").count() == 2


def test_without_scripts_there_are_figures(opened, report):
    with opened(java_script_enabled=False) as page:
        page.goto(report.as_uri())
        assert page.locator("noscript:visible").count() == 1
        images_take_the_place_of_scripts(page)


def test_on_paper(page, report):
    load_all(page, report)
    assert 8 <= len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4"))) <= 30
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 700, "height": 1000})  # A4 within its margins
    wide = "[...document.querySelectorAll('body, .wide')].filter(one => one.scrollWidth > one.clientWidth).length"
    assert page.evaluate(wide) == 0
    images_take_the_place_of_scripts(page)


# Snakemake's own report.


def test_tables_are_sorted_by_their_headings(page, tmp_path):
    table = pd.DataFrame({"run": ["b10", "b9", "b100"], "loss": [1e-9, None, 0.5]})
    script = (ROOT / "workflow" / "report" / "table.js").read_text()
    (tmp_path / "table.html").write_text(table_page(table, "Runs", script))
    page.goto((tmp_path / "table.html").as_uri())
    cells = page.locator("tbody td:first-child")
    assert cells.all_inner_texts() == ["b10", "b9", "b100"]
    # The second click reverses the order; the empty cell stays at the end.
    orders = [("run", ["b9", "b10", "b100"]), ("loss", ["b10", "b100", "b9"]), ("loss", ["b100", "b10", "b9"])]
    for heading, order in orders:
        page.get_by_role("button", name=heading).click()
        assert cells.all_inner_texts() == order
    assert page.locator("th").nth(1).get_attribute("aria-sort") == "descending"


# Plays a video to the end; resolves to its size and its seconds.
PLAYED = """source => new Promise((resolve, reject) => {
    const video = document.createElement("video");
    Object.assign(video, { src: source, muted: true });
    video.onended = () => resolve([video.videoWidth, video.videoHeight, video.duration]);
    video.onerror = () => reject(video.error.message);
    video.play();
})"""


def test_snakemakes_own_report_with_its_videos(page, project, tmp_path):
    archive = tmp_path / "report.zip"
    done = snakemake(project, *QUICK, *setting(data="{}"), "--report", str(archive))
    assert done.returncode == 0, done.stdout
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(tmp_path)
    (index,) = tmp_path.glob("*/report.html")
    page.goto(index.as_uri())
    for category in ("Report", "Summary figures", "Accuracy of each run", "dW videos", "Tables"):
        page.get_by_role("link", name=category, exact=True).wait_for()
    page.get_by_role("link", name="Summary figures", exact=True).click()
    page.get_by_text("Leaky ReLU", exact=True).first.wait_for()
    videos = list(index.parent.rglob("dw.mp4"))
    assert len(videos) == 11
    for video in videos:
        width, *height_and_seconds = page.evaluate(PLAYED, video.as_uri())
        assert width >= 466  # that of the squares; a long title needs more
        assert height_and_seconds == [492, 0.2]  # two frames at ten a second
    # The page works from within the archive, too.
    (packed_page,) = (path.parents[1] / "index.html" for path in index.parent.rglob("assets/player.js"))
    load_all(page, packed_page)
