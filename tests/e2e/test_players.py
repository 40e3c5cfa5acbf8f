"""The dW player in a real Chromium: its pixels, and its numbers, which are those of the tables.

Its runs were never trained: the brightness of a square tells its run and frame, a quarter of it tells the unit.
"""

import base64
import gzip
import json
import re
import shutil
from collections.abc import Callable
from io import BytesIO
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Locator, Page

from dying_relu.report.assets import write_data_script
from made_up import DIVERGED, EPOCHS, UNITS, brightness, code, made_up_config

pytest_plugins = ("browser",)
pytestmark = pytest.mark.slow

CONFIG = made_up_config()
LEFT, RIGHT = (run.name for run in CONFIG.comparisons["pair"].runs)
LATE, AT_ONCE = (next(name for name, run in CONFIG.runs.items() if run.batch_size == size) for size in (500, 200))


def loaded_player(page: Page) -> Locator:
    """The player of a page, once it shows the runs that are chosen."""
    page.locator("#player").scroll_into_view_if_needed()
    page.locator("#player[aria-busy=false]").wait_for()
    return page.locator("#player")


@pytest.fixture
def player(page, made_up) -> Locator:
    page.goto(made_up.as_uri())
    return loaded_player(page)


@pytest.fixture
def changed(page, made_up, tmp_path) -> Callable[..., Locator]:
    """The player of a page with other data: by the name of a run, what replaces parts of its data."""

    def open_changed(changes: dict[str, Callable[[dict], dict]]) -> Locator:
        folder = shutil.copytree(made_up.parent, tmp_path / "changed")
        for run, change in changes.items():
            path = folder / "assets" / "runs" / run / "player.data.js"
            data = json.loads(gzip.decompress(base64.b64decode(path.read_text().split('"')[1])))
            write_data_script(path, data | change(data))
        page.goto((folder / "index.html").as_uri())
        return loaded_player(page)

    return open_changed


def choose_run(player: Locator, index: int, run: str) -> Locator:
    """Select a run on one side; returns the side."""
    side = player.locator(".side").nth(index)
    side.locator("select").select_option(run)
    loaded_player(player.page)
    return side


def play(player: Locator, speed: str) -> None:
    player.locator("[name=speed]").select_option(speed)
    player.locator("[name=play]").click()


def move_slider(player: Locator, position: int) -> None:
    """Move the slider, and wait until the player has arrived."""
    player.locator("[name=slider]").fill(str(position))
    arrived(player, position)


def point_at(side: Locator, place: int) -> None:
    """Move the mouse to the middle of a square."""
    box = side.locator("canvas").bounding_box()
    x, y = box["x"] + box["width"] * (place % 4 + 0.5) / 4, box["y"] + box["height"] * (place // 4 + 0.5) / 4
    side.page.mouse.move(x, y)


def arrived(player: Locator, position: int) -> None:
    player.and_(player.page.locator(f"[data-position='{position}']")).wait_for()


def in_step(player: Locator, position: int) -> None:
    """Wait for a position, and check that both sides show it and say so."""
    arrived(player, position)
    assert frames_seen(player) == [position, position]
    assert player.locator("output").inner_text() == f"epoch {position + 1}"
    assert player.locator(".state").all_inner_texts() == [f"epoch {position + 1}"] * 2


def pictures(player: Locator) -> list[NDArray]:
    """Both canvases, grayscale.

    Screenshots count if the next ones are equal, since the browser may not have painted everything before.
    """
    canvases = player.locator("canvas").all()
    shots = ([canvas.screenshot() for canvas in canvases] for _ in range(5))
    shown = next(after for before, after in pairwise(shots) if before == after)
    return [np.asarray(Image.open(BytesIO(shot)).convert("L"), float) for shot in shown]


def frames_seen(player: Locator) -> list[int]:
    """The frame on each side, by the brightness of most of its pixels; -1 for a brightness that no frame has."""
    frames = []
    for run, picture in zip(chosen_runs(player), pictures(player), strict=True):
        distances = [abs(brightness(CONFIG.runs[run], frame) - np.median(picture)) for frame in range(EPOCHS)]
        frames.append(int(np.argmin(distances)) if min(distances) < 8 else -1)
    return frames


def units_seen(picture: NDArray) -> list[int]:
    """The units whose squares are seen, four in a row, by the upper left quarter of each."""
    size = picture.shape[0] / 4
    middles = [int((index + 0.27) * size) for index in range(4)]
    levels = [np.median(picture[y - 5 : y + 5, x - 5 : x + 5]) for y in middles for x in middles]
    return [min(range(UNITS), key=lambda unit, level=level: abs(code(unit) - level)) for level in levels]


def chosen_unit(player: Locator) -> int:
    return int(player.locator("[name=unit]").input_value())


def chosen_runs(player: Locator) -> list[str]:
    return [select.input_value() for select in player.locator(".side select").all()]


def units_table(made_up: Path, side: Locator) -> pd.DataFrame:
    """The `units.csv.gz` of the run on a side."""
    run = side.locator("select").input_value()
    return pd.read_csv(made_up.parents[1] / "results" / "runs" / run / "units.csv.gz")


def check_numbers(made_up: Path, side: Locator, epoch: int, unit: int) -> None:
    """The numbers on a side are those of the table."""
    (row,) = units_table(made_up, side).query("epoch == @epoch and unit == @unit").to_dict("records")
    numbers = {
        item.get_attribute("data-number"): item.inner_text().replace("\u2212", "-")
        for item in side.locator("[data-number]").all()
    }
    assert numbers["active"] == f"{100 * row['active_fraction']:.2f} %"
    assert float(numbers["background"]) == pytest.approx(row["background"], abs=0.05001)
    ends = [float(end) for end in numbers["range"].split(" to ")]
    assert ends == pytest.approx([row["dw_min"], row["dw_max"]], rel=6e-4)
    for name in ("dead", "inactive", "dark"):
        assert numbers[name] == ("yes" if row[name] else "no")
    assert side.locator(".which").inner_text() == f"unit {unit}, end of epoch {epoch}"


def check_history(made_up: Path, side: Locator, unit: int) -> None:
    """The curves and bars on a side have a point for each epoch, and its label has the numbers of the table."""
    table = units_table(made_up, side).query("unit == @unit")
    for name in ("active", "background"):
        assert len(re.findall("[ML]", side.locator(f".history path.{name}").get_attribute("d"))) == EPOCHS
    for name in ("dark", "inactive"):
        assert side.locator(f".history rect.{name}").count() == table[name].sum()
    label = side.locator(".history svg").get_attribute("aria-label")
    assert re.findall(r"[\d.]+ %", label) == [
        f"{100 * share:.2f} %" for share in table["active_fraction"].iloc[[0, -1]]
    ]
    assert f"a black square after {table['dark'].sum()} of them" in label


def test_both_sides_are_in_step_whatever_the_reader_does(page, player):
    in_step(player, 0)
    player.locator("canvas").first.focus()
    keys = ["ArrowRight", "ArrowRight", "ArrowLeft", "End", "ArrowRight", "ArrowLeft", "Home", "ArrowLeft"]
    for key, position in zip(keys, [1, 2, 1, 11, 11, 10, 0, 0], strict=True):
        page.keyboard.press(key)
        in_step(player, position)
    move_slider(player, 5)
    in_step(player, 5)
    for button, position in (("next frame", 6), ("previous frame", 5)):
        player.get_by_role("button", name=button).click()
        in_step(player, position)
    # Requests that come faster than sprites load; frames 10 and 11 are in the second sprite.
    move = '(slider, position) => { slider.value = position; slider.dispatchEvent(new Event("input")); }'
    for position in (0, 11, 3, 10, 2):
        player.locator("[name=slider]").evaluate(move, position)
    in_step(player, 2)
    # Another run is shown at the same time.
    choose_run(player, 0, list(CONFIG.runs)[4])
    in_step(player, 2)
    # A comparison brings its runs into the player.
    page.get_by_role("button", name="Watch the two side by side").click()
    loaded_player(player.page)
    assert chosen_runs(player) == [LEFT, RIGHT]
    in_step(player, 2)


# Plays to the end; resolves to what both canvases show whenever the page paints, and to the seconds that it took.
RECORDING = """(player, last) => new Promise(resolve => {
    const [canvases, painted, start] = [[...player.querySelectorAll("canvas")], [], performance.now()];
    const look = () => {
        painted.push(canvases.map(canvas => canvas.dataset.frame));
        if (player.dataset.position == last) resolve([painted, (performance.now() - start) / 1000]);
        else requestAnimationFrame(look);
    };
    player.querySelector("[name=play]").click();
    look();
})"""


def test_both_sides_are_in_step_while_playing_and_after_a_pause(page, player):
    painted, seconds = player.evaluate(RECORDING, str(EPOCHS - 1))
    assert all(left == right for left, right in painted)
    assert list(dict.fromkeys(left for left, _ in painted)) == [str(frame) for frame in range(EPOCHS)]
    assert 1 < seconds < 1.65  # eleven steps at ten a second, as in the video
    player.get_by_role("button", name="Play").wait_for()
    play(player, "0.2")  # again from the start
    arrived(player, 2)
    player.locator("[name=play]").click()
    paused = int(player.get_attribute("data-position"))
    page.wait_for_timeout(700)
    in_step(player, paused)
    play(player, "4")
    in_step(player, EPOCHS - 1)
    assert player.locator("[name=play]").inner_text() == "Play"


def test_frames_at_different_times_are_shown_in_the_order_of_time(changed):
    """On the left two frames an epoch, on the right one every two epochs."""

    def at(*times: float) -> Callable[[dict], dict]:
        return lambda data: {"frames": [{"label": f"time {time}", "time": time} for time in times]}

    player = changed({LEFT: at(0.5, 1, 1.5, 2, 2.5), RIGHT: at(2, 4)})
    assert player.locator("[name=slider]").get_attribute("max") == "5"
    seen = []
    for position in range(6):
        move_slider(player, position)
        seen.append((player.locator("output").inner_text(), *player.locator(".state").all_inner_texts()))
    times, left, right = zip(*seen, strict=True)
    assert times == tuple(f"time {time}" for time in (0.5, 1, 1.5, 2, 2.5, 4))
    assert left == (*times[:5], "time 2.5")
    assert right == (*["no frame yet"] * 3, "time 2", "time 2", "time 4")
    assert frames_seen(player) == [4, 1]


def test_a_unit_has_the_numbers_of_the_table(player, made_up):
    move_slider(player, 3)
    sides = player.locator(".side").all()
    for side in sides:
        for unit in (6, 0, 15):
            point_at(side, unit)
            assert chosen_unit(player) == unit
            for either in sides:  # the same unit on both sides
                check_numbers(made_up, either, 4, unit)
    move_slider(player, 7)  # the numbers follow the epoch
    for side in sides:
        check_numbers(made_up, side, 8, 15)
    # Sorted by activity, squares change places, which may differ from side to side.
    player.locator("[name=order]").select_option("byActivity")
    for side, picture in zip(sides, pictures(player), strict=True):
        activity = units_table(made_up, side).groupby("unit")["active_fraction"].mean()
        expected = activity.sort_values(ascending=False, kind="stable").index.tolist()
        assert units_seen(picture) == expected
        for place in (0, 5):
            point_at(side, place)
            assert chosen_unit(player) == expected[place]
            check_numbers(made_up, side, 8, expected[place])
    check_history(made_up, sides[1], expected[5])


def test_squares_are_reached_by_tapping_and_by_the_keyboard(page, player):
    canvas = player.locator("canvas").nth(1)
    size = canvas.bounding_box()["width"]
    canvas.tap(position={"x": size * 3.5 / 4, "y": size * 2.5 / 4})
    assert chosen_unit(player) == 11
    player.locator("[name=unit]").fill("0")
    canvas.focus()
    for key, unit in [("ArrowRight", 1), ("ArrowDown", 5), ("ArrowLeft", 4), ("ArrowUp", 0), ("ArrowUp", 0)]:
        page.keyboard.press(f"Shift+{key}")
        assert chosen_unit(player) == unit
    in_step(player, 0)  # the frame has stayed
    page.keyboard.press("Space")
    assert player.locator("[name=play]").inner_text() == "Pause"
    assert player.locator("[aria-live=polite]").count() == 0  # ten epochs a second are not read out
    page.keyboard.press("Space")
    assert player.locator("[name=play]").inner_text() == "Play"
    assert player.locator("[aria-live=polite]").count() == 3


def test_several_layers_stand_one_below_the_other(changed):
    """The same squares, as if the last eight of them were a layer of their own."""

    def split(data: dict) -> dict:
        (layer,) = data["layers"]
        below = layer | {"units": 8, "top": layer["top"] + 2 * layer["down"]}
        return {"layers": [layer | {"units": 8}, below]}

    player = changed({LEFT: split})
    point_at(player.locator(".side").first, 9)
    assert chosen_unit(player) == 9
    assert player.locator(".which").all_inner_texts() == ["unit 1 of layer 2, end of epoch 1", "unit 9, end of epoch 1"]
    assert units_seen(pictures(player)[0])[1:] == [*range(1, 9), 9, *range(10, 16)]


def test_a_run_that_diverged_keeps_its_last_frame_and_says_so(player, made_up):
    side, last = choose_run(player, 1, LATE), DIVERGED[500] - 1
    move_slider(player, last - 1)
    in_step(player, last - 1)
    move_slider(player, 11)
    assert frames_seen(player)[0] == 11
    assert np.median(pictures(player)[1]) < 8  # black
    assert player.locator("output").inner_text() == "epoch 12"
    assert side.locator(".state").inner_text() == f"epoch {last + 1}, diverged: its last frame"
    check_numbers(made_up, side, last, 0)
    # One that diverged in its first epoch has no numbers at all.
    choose_run(player, 1, AT_ONCE)
    move_slider(player, 0)
    assert side.locator(".state").inner_text() == "epoch 1, diverged"
    check_no_numbers(player, side)


def test_a_run_without_frames_says_so(page, changed):
    columns = ("active", "low", "high", "background", "flags", "frames", "sprites", "layers")
    player = changed({LATE: lambda data: {"epochs": 0, **{column: [] for column in columns}}})
    side = choose_run(player, 1, LATE)
    assert side.locator(".state").inner_text() == "no frames"
    page.keyboard.press("Tab")
    check_no_numbers(player, side)
    choose_run(player, 0, LATE)  # on both sides: there is nothing to play
    assert player.locator("output").inner_text() == "no frames"
    player.locator("[name=play]").click()
    assert player.locator("[role=alert]").inner_text() == ""


def check_no_numbers(player: Locator, side: Locator) -> None:
    """A side says why it has no numbers, and the other one goes on."""
    assert side.locator(".which").inner_text() == "no epoch was completed, so there are no numbers"
    assert side.locator("dl").is_hidden()
    player.locator("[name=order]").select_option("byActivity")
    move_slider(player, 4)
    assert frames_seen(player)[0] == 4
