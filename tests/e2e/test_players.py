"""The dW player in a real Chromium: what is seen, by its pixels, and what is said, by the tables.

Its runs were never trained: the brightness of a square says of which run and frame it is, a quarter of it which unit.
"""

import base64
import gzip
import json
import re
import shutil
from collections.abc import Callable, Iterator
from io import BytesIO
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Browser, Locator, Page

from browser import chromium, opened
from dying_relu.report.assets import write_pack
from made_up import DIVERGED, EPOCHS, UNITS, brightness, code, made_up_config, made_up_page

pytestmark = pytest.mark.slow

RUNS = {run.name: run for run in made_up_config().runs.values()}
LATE, AT_ONCE = (next(name for name, run in RUNS.items() if run.batch_size == size) for size in (500, 200))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def made_up(tmp_path_factory) -> Path:
    return made_up_page(tmp_path_factory.mktemp("made up"))


@pytest.fixture
def page(browser) -> Iterator[Page]:
    with opened(browser, viewport={"width": 1280, "height": 1000}) as page:
        yield page


def loaded(page: Page, report: Path) -> Locator:
    """The player of a report, once it shows its first frame."""
    page.goto(report.as_uri())
    player = page.locator("#player")
    player.scroll_into_view_if_needed()
    return ready(player)


def ready(player: Locator) -> Locator:
    player.page.locator("#player[aria-busy=false]").wait_for()
    return player


@pytest.fixture
def player(page, made_up) -> Locator:
    return loaded(page, made_up)


@pytest.fixture
def changed(page, made_up, tmp_path) -> Callable[..., Locator]:
    """The player of a page on which the data of runs are changed by the functions that are given by their names."""

    def open_changed(changes: dict[str, Callable[[dict], dict]]) -> Locator:
        folder = shutil.copytree(made_up.parent, tmp_path / "changed")
        for run, change in changes.items():
            path = folder / "media" / f"{run}.pack.js"
            packed = re.search(r', "(.*)"\);', path.read_text()).group(1)
            write_pack(path.parent, run, change(json.loads(gzip.decompress(base64.b64decode(packed)))))
        return loaded(page, folder / "index.html")

    return open_changed


# Where the canvases lie within the player, whatever the page has been scrolled to.
CANVASES = """player => [...player.querySelectorAll("canvas")].map(canvas => {
    const [outer, inner] = [player, canvas].map(element => element.getBoundingClientRect());
    return [inner.top - outer.top, inner.left - outer.left, inner.height, inner.width].map(Math.round);
})"""


def pictures(player: Locator) -> list[NDArray]:
    """What both canvases show at one and the same moment, grayscale.

    A picture counts when the next one is the same, since the browser may not have painted all of it before; but it
    never is while the player plays.
    """
    shots = (player.screenshot() for _ in range(5))
    shot = next((after for before, after in pairwise(shots) if before == after), None) or player.screenshot()
    screen = np.asarray(Image.open(BytesIO(shot)).convert("L"), float)
    places = player.evaluate(CANVASES)
    return [screen[top : top + height, left : left + width] for top, left, height, width in places]


def frames_seen(player: Locator) -> list[int]:
    """The frame that is seen on each side, by the brightness of most of its pixels."""
    found = []
    for side, picture in zip(player.locator(".side").all(), pictures(player), strict=True):
        run = RUNS[side.locator("select").input_value()]
        seen = np.median(picture)
        found.append(min(range(EPOCHS), key=lambda frame, run=run, seen=seen: abs(brightness(run, frame) - seen)))
        assert abs(brightness(run, found[-1]) - seen) < 8
    return found


def units_seen(picture: NDArray) -> list[int]:
    """Which units' squares are seen, four in a row, by the upper left quarter of each."""
    size = picture.shape[0] / 4
    middles = [int((index + 0.27) * size) for index in range(4)]
    levels = [np.median(picture[y - 5 : y + 5, x - 5 : x + 5]) for y in middles for x in middles]
    return [min(range(UNITS), key=lambda unit, level=level: abs(code(unit) - level)) for level in levels]


def moment(player: Locator, number: int) -> None:
    """Wait for a moment, and check that it is what both sides show and say."""
    player.and_(player.page.locator(f"[data-moment='{number}']")).wait_for()
    assert frames_seen(player) == [number, number]
    assert player.locator("output").inner_text() == f"epoch {number + 1}"
    assert player.locator(".state").all_inner_texts() == [f"epoch {number + 1}"] * 2


@pytest.mark.parametrize("width", [390, 1280, 1920])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_shows_both_sides_at_every_width(browser, made_up, width, scheme):
    with opened(browser, viewport={"width": width, "height": 2400}, color_scheme=scheme) as page:
        player = loaded(page, made_up)
        moment(player, 0)
        left, right = (canvas.bounding_box() for canvas in player.locator("canvas").all())
        assert (left["x"] == right["x"]) == (width == 390)  # one below the other on a phone
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_both_sides_are_in_step_whatever_the_reader_does(page, player):
    moment(player, 0)
    player.locator("canvas").first.focus()
    keys = ["ArrowRight", "ArrowRight", "ArrowLeft", "End", "ArrowRight", "ArrowLeft", "Home", "ArrowLeft"]
    for key, number in zip(keys, [1, 2, 1, 11, 11, 10, 0, 0], strict=True):
        page.keyboard.press(key)
        moment(player, number)
    player.locator("[name=slider]").fill("5")
    moment(player, 5)
    player.get_by_role("button", name="one frame on").click()
    moment(player, 6)
    player.get_by_role("button", name="one frame back").click()
    moment(player, 5)
    # Wishes that come faster than strips can be loaded; 10 and 11 are in the second one.
    move = '(slider, frame) => { slider.value = frame; slider.dispatchEvent(new Event("input")); }'
    for number in (0, 11, 3, 10, 2):
        player.locator("[name=slider]").evaluate(move, number)
    moment(player, 2)
    # Another run is shown at the same moment.
    player.locator(".side select").nth(0).select_option(index=2)
    ready(player)
    moment(player, 2)


def test_both_sides_are_in_step_while_playing_and_after_a_pause(page, player):
    player.locator("[name=speed]").select_option("0.2")
    player.locator("[name=play]").click()
    seen = []
    for _ in range(6):
        left, right = frames_seen(player)
        assert abs(left - right) <= 1
        seen.append(left)
    assert seen == sorted(seen)
    assert seen[-1] > seen[0]
    player.locator("[name=play]").click()
    paused = int(player.get_attribute("data-moment"))
    assert 0 < paused < EPOCHS - 1
    page.wait_for_timeout(700)
    moment(player, paused)
    player.locator("[name=speed]").select_option("4")
    player.locator("[name=play]").click()
    moment(player, EPOCHS - 1)
    assert player.locator("[name=play]").inner_text() == "Play"
    player.locator("[name=speed]").select_option("0.5")
    player.locator("[name=play]").click()  # once more from the start
    player.and_(page.locator("[data-moment='0']")).wait_for()
    player.locator("[name=speed]").select_option("4")
    moment(player, EPOCHS - 1)


def test_no_frame_is_left_out_and_both_canvases_change_together(page, player):
    """Recorded in the page itself, whenever it paints: what each canvas last drew."""
    page.evaluate(
        """() => {
            const canvases = [...document.querySelectorAll("#player canvas")];
            window.painted = [];
            const look = () => {
                painted.push(canvases.map(canvas => canvas.dataset.frame));
                requestAnimationFrame(look);
            };
            look();
        }"""
    )
    player.locator("[name=speed]").select_option("2")
    player.locator("[name=play]").click()
    player.and_(page.locator(f"[data-moment='{EPOCHS - 1}']")).wait_for()
    painted = page.evaluate("painted")
    assert all(left == right for left, right in painted)
    assert list(dict.fromkeys(left for left, _ in painted)) == [str(frame) for frame in range(EPOCHS)]


def test_the_speed_is_that_of_the_video(page, player):
    """Eleven steps at ten a second, and at twice that."""
    for speed, seconds in (("1", 1.1), ("2", 0.55)):
        player.locator("[name=speed]").select_option(speed)
        player.locator("[name=slider]").fill("0")
        took = player.evaluate(
            """(player, last) => new Promise(resolve => {
                const start = performance.now();
                player.querySelector("[name=play]").click();
                const look = () => player.dataset.moment == last
                    ? resolve((performance.now() - start) / 1000) : requestAnimationFrame(look);
                look();
            })""",
            str(EPOCHS - 1),
        )
        assert seconds * 0.9 < took < seconds * 1.5


def rows(made_up: Path, run: str, epoch: int) -> pd.DataFrame:
    table = pd.read_csv(made_up.parents[1] / "results" / "runs" / run / "units.csv.gz")
    return table[table["epoch"] == epoch].set_index("unit")


def said(side: Locator) -> dict[str, str]:
    return {
        item.get_attribute("data-number"): item.inner_text().replace("\u2212", "-")
        for item in side.locator("[data-number]").all()
    }


def agrees(side: Locator, row: pd.Series) -> None:
    """What a side says is what a row of the table says."""
    found = said(side)
    assert found["active"] == f"{100 * row['active_fraction']:.2f} %"
    assert float(found["background"]) == pytest.approx(row["background"], abs=0.05001)
    assert [float(end) for end in found["range"].split(" to ")] == pytest.approx(
        [row["dw_min"], row["dw_max"]], rel=6e-4
    )
    for name in ("dead", "inactive", "dark"):
        assert found[name] == ("yes" if row[name] else "no")


def point(page: Page, side: Locator, place: int) -> None:
    """Move the mouse to the middle of a square."""
    box = side.locator("canvas").bounding_box()
    page.mouse.move(box["x"] + box["width"] * (place % 4 + 0.5) / 4, box["y"] + box["height"] * (place // 4 + 0.5) / 4)


def test_a_unit_tells_the_numbers_of_the_table(page, player, made_up):
    player.locator("[name=slider]").fill("3")
    moment(player, 3)
    sides = player.locator(".side").all()
    for side in sides:
        for unit in (6, 0, 15):
            point(page, side, unit)
            assert player.locator("[name=unit]").input_value() == str(unit)
            for other in sides:  # the same unit on both sides
                agrees(other, rows(made_up, other.locator("select").input_value(), 4).loc[unit])
                assert other.locator(".which").inner_text() == f"unit {unit}, end of epoch 4"
    # The numbers follow the epoch.
    player.locator("[name=slider]").fill("7")
    moment(player, 7)
    for side in sides:
        agrees(side, rows(made_up, side.locator("select").input_value(), 8).loc[15])


def test_a_unit_shows_its_course(page, player, made_up):
    point(page, player.locator(".side").first, 9)
    side = player.locator(".side").first
    table = pd.read_csv(
        made_up.parents[1] / "results" / "runs" / side.locator("select").input_value() / "units.csv.gz"
    ).query("unit == 9")
    for name, column, full in (("active", "active_fraction", 1), ("background", "background", 255)):
        points = re.findall(r"[ML]([\d.]+),([\d.]+)", side.locator(f".course path.{name}").get_attribute("d"))
        assert len(points) == EPOCHS
        heights = [(44 - float(y)) / 40 * full for _, y in points]
        assert heights == pytest.approx(table[column].tolist(), abs=full / 400 * 1.01)
    for name in ("dark", "inactive"):
        assert side.locator(f".course rect.{name}").count() == table[name].sum()
    label = side.locator(".course svg").get_attribute("aria-label")
    assert f"dark after {table['dark'].sum()} of them" in label


def test_tapping_shows_the_numbers_as_well(browser, made_up):
    with opened(browser, viewport={"width": 390, "height": 900}, has_touch=True) as page:
        player = loaded(page, made_up)
        canvas = player.locator("canvas").nth(1)
        canvas.scroll_into_view_if_needed()
        box = canvas.bounding_box()
        canvas.tap(position={"x": box["width"] * 3.5 / 4, "y": box["height"] * 2.5 / 4})
        assert player.locator("[name=unit]").input_value() == "11"


def test_squares_are_reached_by_the_keyboard(page, player, made_up):
    player.locator("canvas").nth(1).focus()
    for key, unit in [("ArrowRight", 1), ("ArrowDown", 5), ("ArrowLeft", 4), ("ArrowUp", 0), ("ArrowUp", 0)]:
        page.keyboard.press(f"Shift+{key}")
        assert player.locator("[name=unit]").input_value() == str(unit)
    moment(player, 0)  # the frame has stayed
    page.keyboard.press("Space")
    assert player.locator("[name=play]").inner_text() == "Pause"
    assert player.locator("[aria-live=polite]").count() == 0  # ten epochs a second are not read out
    page.keyboard.press("Space")
    assert player.locator("[name=play]").inner_text() == "Play"
    assert player.locator("[aria-live=polite]").count() == 3


def test_squares_are_sorted_by_activity(page, player, made_up):
    assert [units_seen(picture) for picture in pictures(player)][1][1:] == list(range(1, UNITS))  # unit 0 is marked
    player.locator("[name=order]").select_option("byActivity")
    for side, picture in zip(player.locator(".side").all(), pictures(player), strict=True):
        table = pd.read_csv(
            made_up.parents[1] / "results" / "runs" / side.locator("select").input_value() / "units.csv.gz"
        )
        activity = table.groupby("unit")["active_fraction"].mean()
        expected = sorted(range(UNITS), key=lambda unit, activity=activity: (-activity[unit], unit))
        assert units_seen(picture) == expected
        for place in (0, 5, 15):
            point(page, side, place)
            assert player.locator("[name=unit]").input_value() == str(expected[place])
            agrees(side, rows(made_up, side.locator("select").input_value(), 1).loc[expected[place]])


def test_a_comparison_brings_its_runs_into_the_player(page, player):
    player.locator(".side select").nth(1).select_option(index=3)
    ready(player)
    page.get_by_role("button", name="Watch the two side by side").click()
    ready(player)
    chosen = [side.locator("select").input_value() for side in player.locator(".side").all()]
    assert chosen == [run.name for run in made_up_config().comparisons["pair"].runs]
    moment(player, 0)


def test_a_run_that_diverged_keeps_its_last_frame_and_says_so(page, player, made_up):
    player.locator(".side select").nth(1).select_option(LATE)
    ready(player)
    side, last = player.locator(".side").nth(1), DIVERGED[500] - 1
    player.locator("[name=slider]").fill(str(last - 1))
    moment(player, last - 1)
    player.locator("[name=slider]").fill("11")
    player.and_(page.locator("[data-moment='11']")).wait_for()
    assert frames_seen_left(player) == 11
    assert np.median(pictures(player)[1]) < 8  # black
    assert player.locator("output").inner_text() == "epoch 12"
    assert side.locator(".state").inner_text() == f"epoch {last + 1}, diverged: its last frame"
    assert side.locator(".which").inner_text() == f"unit 0, end of epoch {last}"
    agrees(side, rows(made_up, LATE, last).loc[0])


def test_a_run_that_diverged_in_its_first_epoch_has_no_numbers(page, player):
    player.locator(".side select").nth(1).select_option(AT_ONCE)
    ready(player)
    side = player.locator(".side").nth(1)
    assert side.locator(".state").inner_text() == "epoch 1, diverged"
    assert side.locator(".which").inner_text() == "no epoch was completed, so there are no numbers"
    assert side.locator("dl").is_hidden()
    player.locator("[name=order]").select_option("byActivity")
    player.locator("[name=slider]").fill("4")
    player.and_(page.locator("[data-moment='4']")).wait_for()
    assert frames_seen_left(player) == 4


def test_a_run_without_any_epoch_says_so(page, changed):
    empty = {"epochs": 0, "active": [], "low": [], "high": [], "background": [], "flags": []}
    player = changed({LATE: lambda data: data | empty | {"moments": [], "strips": [], "layers": []}})
    player.locator(".side select").nth(1).select_option(LATE)
    ready(player)
    side = player.locator(".side").nth(1)
    assert side.locator(".state").inner_text() == "no frames"
    assert side.locator(".which").inner_text() == "no epoch was completed, so there are no numbers"
    page.keyboard.press("Tab")
    player.locator("[name=slider]").fill("4")
    player.and_(page.locator("[data-moment='4']")).wait_for()
    assert frames_seen_left(player) == 4
    # Two of them have no moment at all.
    player.locator(".side select").nth(0).select_option(LATE)
    ready(player)
    assert player.locator("output").inner_text() == "no frames"
    player.locator("[name=play]").click()
    assert player.locator("[role=alert]").inner_text() == ""


def frames_seen_left(player: Locator) -> int:
    run = RUNS[player.locator(".side select").first.input_value()]
    seen = np.median(pictures(player)[0])
    return min(range(EPOCHS), key=lambda frame: abs(brightness(run, frame) - seen))


def test_frames_at_different_moments_are_shown_in_the_order_of_time(page, changed):
    """On the left two frames an epoch, on the right one every two epochs."""
    left, right = (run.name for run in made_up_config().comparisons["pair"].runs)

    def at(times):
        return lambda data: data | {"moments": [{"label": f"time {time}", "time": time} for time in times]}

    player = changed({left: at([0.5, 1, 1.5, 2, 2.5]), right: at([2, 4])})
    assert player.locator("[name=slider]").get_attribute("max") == "5"
    seen = []
    for number in range(6):
        player.locator("[name=slider]").fill(str(number))
        player.and_(page.locator(f"[data-moment='{number}']")).wait_for()
        seen.append((player.locator("output").inner_text(), *player.locator(".state").all_inner_texts()))
    assert seen == [
        ("time 0.5", "time 0.5", "no frame yet"),
        ("time 1", "time 1", "no frame yet"),
        ("time 1.5", "time 1.5", "no frame yet"),
        ("time 2", "time 2", "time 2"),
        ("time 2.5", "time 2.5", "time 2"),
        ("time 4", "time 2.5", "time 4"),
    ]
    assert frames_seen(player) == [4, 1]


def test_several_layers_stand_one_below_the_other(page, changed):
    """The same squares, as if the last eight of them were a layer of their own."""
    left = made_up_config().comparisons["pair"].left.name

    def split(data):
        (layer,) = data["layers"]
        below = layer | {"units": 8, "top": layer["top"] + 2 * layer["down"]}
        return data | {"layers": [layer | {"units": 8}, below]}

    player = changed({left: split})
    box = player.locator("canvas").first.bounding_box()
    page.mouse.move(box["x"] + box["width"] * 1.5 / 4, box["y"] + box["height"] * 2.5 / 4)
    assert player.locator("[name=unit]").input_value() == "9"
    assert player.locator(".which").all_inner_texts() == [
        "unit 1 of layer 2, end of epoch 1",
        "unit 9, end of epoch 1",
    ]
    assert units_seen(pictures(player)[0])[1:] == [*range(1, 9), 9, *range(10, 16)]


def test_a_strip_that_is_missing_is_named(browser, made_up, tmp_path):
    folder = shutil.copytree(made_up.parent, tmp_path / "changed")
    left = made_up_config().comparisons["pair"].left.name
    (folder / "media" / f"{left}-sprites-001.webp").unlink()
    page = browser.new_page()
    player = loaded(page, folder / "index.html")
    player.locator("[name=slider]").fill("11")
    player.locator("[role=alert]").get_by_text(f"{left}-sprites-001.webp is missing").wait_for()
    player.locator("[name=slider]").fill("2")
    moment(player, 2)
    page.close()


def test_without_scripts_and_on_paper_contact_sheets_take_its_place(browser, made_up):
    with opened(browser, java_script_enabled=False) as page:
        page.goto(made_up.as_uri())
        assert page.locator("#player:visible, .scripted:visible").count() == 0
        assert page.locator("img[src$='comparisons-pair.jpg']:visible").count() == 1
        assert page.locator("noscript p").bounding_box()["height"] > 0
    with opened(browser) as page:
        loaded(page, made_up)
        page.emulate_media(media="print")
        assert page.locator("#player:visible, .scripted:visible").count() == 0
        assert page.locator("img[src$='comparisons-pair.jpg']:visible").count() == 1
