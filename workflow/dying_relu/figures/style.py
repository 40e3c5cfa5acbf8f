"""The style of all figures, and how they are saved."""

import sys
import textwrap
from collections.abc import Sequence
from math import ceil
from pathlib import Path
from typing import Any
from unicodedata import east_asian_width

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dying_relu.figures.fonts import fonts_for

# Seaborn imports SciPy for density estimates and dendrograms, which no figure here has; without it a job starts in half
# the time. None in sys.modules makes Python refuse an import.
sys.modules.setdefault("scipy", None)
import seaborn as sns  # noqa: E402

if sys.modules["scipy"] is None:
    del sys.modules["scipy"]

matplotlib.rcdefaults()  # the user's matplotlibrc must not reach the figures
matplotlib.use("agg")  # needs no screen
# Text stays text in SVG files, and their identifiers are the same every time.
RC_PARAMS = {"svg.fonttype": "none", "svg.hashsalt": "dying-relu", "figure.dpi": 100, "savefig.dpi": 150}
sns.set_theme(context="notebook", style="whitegrid", rc=RC_PARAMS)

REFERENCE_COLOR = "black"
MARKERS = "os^Dv<>pP*X"
MAX_LEGEND_LINES = 10  # inside of the axes
MAX_LABEL_CHARACTERS = 100  # side by side on a horizontal axis, slightly turned
EPOCH_TICKS = {"nbins": 10, "steps": [1, 2, 5, 10], "integer": True}


def set_title(figure: Figure, title: str) -> None:
    """Set the bold title above the axes of a figure, in as many lines as it needs."""
    width = figure.get_figwidth()
    room = width - sum(legend.get_window_extent().width for legend in figure.legends) / figure.dpi
    figure.suptitle(wrap(title, 8.4 * room), x=0.5 * room / width, fontweight="bold", parse_math=False)


def wrap(text: str, columns: float) -> str:
    """Break the text into lines of at most `columns` characters, half as many if some are wide, as in Japanese."""
    wide = any(east_asian_width(character) in "WF" for character in text)
    return textwrap.fill(text, int(columns / 2 if wide else columns))


def add_legend(axes: Axes, **options: Any) -> None:
    """Add the legend of the axes; one with many lines stands to the right of all axes, and widens the figure."""
    handles, labels = axes.get_legend_handles_labels()
    labels = [wrap(label, 50) for label in labels]
    lines = sum(label.count("\n") + 1 for label in labels)
    if lines <= MAX_LEGEND_LINES:
        axes.legend(handles, labels, title=None, **options)
        return
    axes.get_legend().remove()
    figure = axes.get_figure()
    columns = ceil(0.24 * lines / figure.get_figheight())  # a line is 0.24 inches high
    options |= {"loc": "outside right upper", "fontsize": "small", "ncols": columns}
    legend = figure.legend(handles, labels, **options)
    figure.draw_without_rendering()
    figure.set_figwidth(figure.get_figwidth() + legend.get_window_extent().width / figure.dpi)


def turn_long_labels(axes: Axes, labels: Sequence[str]) -> None:
    """Turn the labels of the horizontal axis upright and enlarge the figure if they do not fit side by side."""
    if sum(map(len, labels)) > MAX_LABEL_CHARACTERS:
        axes.set_xticks(range(len(labels)), [wrap(label, 40) for label in labels], rotation=90)
        figure = axes.get_figure()
        width, height = figure.get_size_inches()
        longest = min(40, max(map(len, labels)))
        figure.set_size_inches(max(width, 0.4 * len(labels)), height + 0.08 * longest)


def save(figure: Figure, path: Path) -> None:
    """Write the figure as PNG or SVG, by the ending of `path`, without a date."""
    svg = path.suffix == ".svg"
    with fonts_for(figure, keeps_text=svg):
        figure.savefig(path, metadata={"Date": None} if svg else {"Software": None})
