"""The style of the figures: their text fits, and nothing of the machine reaches them."""

import os
import subprocess
import sys
from functools import partial
from itertools import combinations

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib.font_manager import fontManager

from dying_relu.figures import comparisons, experiments, fonts
from dying_relu.figures.experiments import accuracy_and_dead_units
from dying_relu.figures.fonts import fonts_for
from dying_relu.figures.run_accuracy import accuracy
from dying_relu.figures.style import save
from dying_relu.figures.sweeps import draw_sweep
from dying_relu.io.columns import METRICS
from helpers import ROOT, make_run

# No formula, though a dollar before a letter begins one.
TITLE = r"The number of dying units with and without the normalisation of their mini-batches for $\frac{ more than $5"
METRICS_TABLE = pd.DataFrame(0.5, index=range(3), columns=METRICS).assign(epoch=[1, 2, 3])


def experiment(draw):
    return draw({make_run(batch_size=10 * size): METRICS_TABLE for size in range(1, 31)}, TITLE)


def sweep(kind, x, y=None):
    runs = [make_run(batch_norm=bn, batch_size=10 * size) for bn in (True, False) for size in range(1, 16)]
    table = pd.DataFrame({"run": [run.name for run in runs], "dead": 0.5, "train_loss": 0.1, "diverged": np.nan})
    return draw_sweep(table, runs, {"kind": kind, "x": x, "y": y, "values": ["dead", "train_loss"]}, TITLE)


def comparison(draw):
    row = {"epoch": 1, "unit": 0, "layer": 1, "dark": 0, "inactive": 0, "active_fraction": 0.5, "background": 100.0}
    batch = {"epoch": 1, "batch": 1, "accuracy": 1.0, "loss": 0.1}
    seed = {"units": pd.DataFrame([row]), "batches": pd.DataFrame([batch])}
    return draw({f"{side} and a long label" + 9 * ", BN": [seed] for side in ("left", "right")}, TITLE)


def single_run():
    run = make_run(hidden=[256, 128, 64, 32], optimizer="sgd", momentum=0.9, learning_rate=0.05, bias=-0.5, epochs=3)
    return accuracy(run, METRICS_TABLE, pd.DataFrame({"epoch": [1, 2, 3], "batch": 1, "accuracy": 0.5}))


@pytest.mark.parametrize(
    "draw",
    [
        *[partial(experiment, draw) for draw in (accuracy_and_dead_units, *experiments.FIGURES.values())],
        *[partial(comparison, draw) for draw in comparisons.FIGURES.values()],
        partial(sweep, "final", "batch_norm"),
        partial(sweep, "final", "batch_size"),
        partial(sweep, "map", "batch_size", "batch_norm"),
        single_run,
    ],
)
def test_text_fits_the_figure_and_does_not_overlap(draw):
    figure = draw()
    figure.draw_without_rendering()
    shown = [*figure.texts, *figure.legends]
    for axes in figure.axes:
        shown += [axes.title, axes.xaxis.label, axes.yaxis.label]
        left, right = sorted(axes.get_xlim())
        shown += [label for label in axes.get_xticklabels() if left <= label.get_position()[0] <= right]
    boxes = [artist.get_window_extent() for artist in shown if artist.get_visible()]
    boxes = [box for box in boxes if box.width > 1]  # without empty texts
    for box in boxes:
        assert 0 <= box.x0 < box.x1 <= figure.bbox.x1
        assert 0 <= box.y0 < box.y1 <= figure.bbox.y1
    assert not [1 for one, other in combinations(boxes, 2) if one.padded(-2).overlaps(other.padded(-2))]


def test_a_personal_matplotlibrc_changes_nothing_and_scipy_is_left_to_others(tmp_path):
    draw = (
        "import sys; from pathlib import Path; from matplotlib.figure import Figure; "
        "from dying_relu.figures.style import save; assert 'scipy' not in sys.modules; import scipy.stats; "
        "figure = Figure(); figure.subplots().set_title('x'); save(figure, Path('figure.svg'))"
    )
    settings = "text.usetex: true\nfont.size: 30\naxes.titleweight: bold\nsavefig.bbox: tight\nsvg.fonttype: path\n"
    variables = os.environ | {"PYTHONPATH": str(ROOT / "workflow")}
    for name in ("plain", "personal"):
        (tmp_path / name).mkdir()
        if name == "personal":
            (tmp_path / name / "matplotlibrc").write_text(settings)
        subprocess.run([sys.executable, "-c", draw], check=True, cwd=tmp_path / name, env=variables)
    assert (tmp_path / "plain" / "figure.svg").read_bytes() == (tmp_path / "personal" / "figure.svg").read_bytes()


@pytest.fixture
def no_other_fonts(monkeypatch):
    """Only the fonts that matplotlib brings along are installed."""
    own = [font for font in fontManager.ttflist if font.fname.startswith(matplotlib.get_data_path())]
    monkeypatch.setattr(fontManager, "ttflist", own)
    monkeypatch.setattr(fonts, "findSystemFonts", list)
    fonts._fallbacks.cache_clear()


@pytest.mark.filterwarnings("ignore:Glyph")
@pytest.mark.usefixtures("no_other_fonts")
def test_characters_without_a_font_are_no_silent_boxes(caplog, tmp_path):
    title = "激活函数"
    figure = accuracy_and_dead_units({make_run(): METRICS_TABLE}, title)
    with fonts_for(figure, keeps_text=False):
        assert figure.get_suptitle() == f"{title}\n{fonts.NOTE}"
    assert "install one that does, such as Noto Sans CJK" in caplog.text
    save(figure, tmp_path / "figure.svg")
    text = (tmp_path / "figure.svg").read_text()
    assert title in text
    assert fonts.NOTE not in text


@pytest.mark.filterwarnings("error")
@pytest.mark.usefixtures("no_other_fonts")
def test_another_font_provides_what_the_default_lacks(caplog, tmp_path):
    figure = accuracy_and_dead_units({make_run(): METRICS_TABLE}, "\u24b6")  # a circled A, which the default font lacks
    with fonts_for(figure, keeps_text=False):
        assert figure.get_suptitle() == "\u24b6"
        assert "STIXGeneral" in figure.texts[0].get_fontfamily()
    save(figure, tmp_path / "figure.png")
    assert "No installed font" not in caplog.text
