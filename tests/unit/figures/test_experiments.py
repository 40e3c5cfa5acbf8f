"""Figures: that the ink is where the numbers are."""

import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from dying_relu.figures.experiments import summary
from dying_relu.figures.run_accuracy import accuracy, envelope
from dying_relu.figures.style import save
from helpers import ROOT, make_run


def metrics(*values: float, dead=(0, 0, 0)) -> pd.DataFrame:
    return pd.DataFrame(
        {"epoch": [1, 2, 3], "test_accuracy_batch_statistics": values, "dead_units": dead, "test_accuracy": 0.5}
    )


def curves(axes) -> dict[str, list[float]]:
    """Legend label to values; curves are drawn in the order of the legend."""
    handles, labels = axes.get_legend_handles_labels()
    drawn = [line for line in axes.lines if len(line.get_xdata()) == 3]
    assert len(drawn) == len(handles)
    return {label: list(line.get_ydata()) for label, line in zip(labels, drawn, strict=True)}


def test_a_curve_per_series_in_both_panels():
    figure = summary(
        {
            make_run(batch_size=10): metrics(0.1, 0.2, 0.3),
            make_run(batch_size=50): metrics(0.4, 0.5, 0.6),
            make_run(batch_norm=False): metrics(0.7, 0.8, 0.9, dead=(0, 1, 4)),
        },
        "Mini-batch size",
    )
    upper, lower = figure.axes
    assert curves(upper) == {
        "mini-batch 10": [0.1, 0.2, 0.3],
        "mini-batch 50": [0.4, 0.5, 0.6],
        "no BN, mini-batch 100": [0.7, 0.8, 0.9],
    }
    assert [list(line.get_ydata()) for line in lower.lines if len(line.get_xdata()) == 3][2] == [0, 1, 4]
    assert figure.get_suptitle() == "Mini-batch size"
    assert "ReLU, 256 hidden units, Adam" in upper.get_title()


def test_seeds_become_one_curve_with_a_band():
    runs = {make_run(seed=1): metrics(0.1, 0.2, 0.3), make_run(seed=2): metrics(0.3, 0.4, 0.9)}
    upper, _ = summary(runs, "Seeds").axes
    (values,) = curves(upper).values()
    assert values == pytest.approx([0.2, 0.3, 0.6])
    (band,) = upper.collections
    corners = {(x, round(y, 6)) for x, y in band.get_paths()[0].vertices}
    assert {(1.0, 0.1), (1.0, 0.3), (2.0, 0.2), (2.0, 0.4), (3.0, 0.3), (3.0, 0.9)} <= corners


def test_curves_can_be_told_apart_without_colour():
    runs = {make_run(batch_size=size): metrics(0.1, 0.2, 0.3) for size in (10, 50, 100, 200, 500)}
    runs[make_run(batch_norm=False)] = metrics(0.1, 0.2, 0.3)
    upper, _ = summary(runs, "x").axes
    lines = [line for line in upper.lines if len(line.get_xdata()) == 3]
    lightness = [np.dot((0.2126, 0.7152, 0.0722), line.get_color()) for line in lines[:5]]
    assert np.diff(lightness).min() > 0.03
    assert lines[5].get_linestyle() == "--"
    assert len({line.get_marker() for line in lines}) == 6


def test_accuracy_of_one_run():
    batches = pd.DataFrame({"epoch": [1, 1, 2, 2, 3, 3], "batch": [1, 2] * 3, "accuracy": [0.1, 0.2, 0.3, 0.4, 0.5, 1]})
    figure = accuracy(make_run(epochs=3, train_images=200), metrics(0.2, 0.3, 0.4), batches)
    training, test = figure.axes[0].lines
    assert list(training.get_xdata()) == [0.5, 1, 1.5, 2, 2.5, 3]
    assert list(training.get_ydata()) == [0.1, 0.2, 0.3, 0.4, 0.5, 1]
    assert list(test.get_xdata()) == [1, 2, 3]
    assert list(test.get_ydata()) == [0.2, 0.3, 0.4]


def test_of_a_long_line_what_is_seen_is_drawn():
    """Ten points in two columns: of each the first, lowest, highest and last, once, in their order."""
    x, y = envelope(np.arange(10) / 5, np.array([5, 4, 9, 6, 7, 1, 2, 8, 8, 3.0]), 2, 2)
    assert x.tolist() == [0, 0.2, 0.4, 0.8, 1, 1.4, 1.8]
    assert y.tolist() == [5, 4, 9, 7, 1, 8, 3]


def test_no_mini_batch_without_an_error_is_lost_in_a_long_run():
    run = make_run(epochs=100, batch_size=10)
    accuracies = np.full(100 * 6000, 0.9)
    accuracies[123456], accuracies[456789] = 0.4, 1
    batches = pd.DataFrame({"epoch": np.repeat(np.arange(100) + 1, 6000), "accuracy": accuracies})
    batches["batch"] = np.tile(np.arange(6000) + 1, 100)
    line = accuracy(run, metrics(0.9, 0.9, 0.9), batches).axes[0].lines[0]
    assert len(line.get_xdata()) < 20_000
    found = dict(zip(line.get_xdata(), line.get_ydata(), strict=True))
    assert (found[123457 / 6000], found[456790 / 6000]) == (0.4, 1)


@pytest.mark.parametrize("suffix", ["png", "svg"])
def test_the_same_figure_gives_the_same_bytes(tmp_path, suffix):
    for name in ("one", "two"):
        save(summary({make_run(): metrics(0.1, 0.2, 0.3)}, "x"), tmp_path / f"{name}.{suffix}")
    assert (tmp_path / f"one.{suffix}").read_bytes() == (tmp_path / f"two.{suffix}").read_bytes()
    if suffix == "png":
        with Image.open(tmp_path / "one.png") as picture:
            assert picture.width > 1000


def test_a_title_is_text_whatever_it_has(tmp_path):
    """Not a formula, and not a broken one."""
    figure = summary({make_run(): metrics(0.1, 0.2, 0.3)}, r"$\frac{ costs $5")
    figure.savefig(tmp_path / "figure.svg")
    assert figure.get_suptitle() == r"$\frac{ costs $5"


def test_drawing_does_without_scipy_and_leaves_it_to_others():
    """In a process of its own, which has loaded nothing yet."""
    check = "import sys, dying_relu.figures; assert 'scipy' not in sys.modules; import scipy.stats"
    subprocess.run([sys.executable, "-c", check], check=True, env=os.environ | {"PYTHONPATH": str(ROOT / "workflow")})
