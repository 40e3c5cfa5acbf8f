"""The style of all figures, and how they are saved."""

import sys
from pathlib import Path

import matplotlib
from matplotlib.figure import Figure

# Seaborn imports SciPy for density estimates and dendrograms, which no figure here has; without it a job starts in half
# the time. None in sys.modules makes Python refuse an import.
_scipy_is_missing = "scipy" not in sys.modules
if _scipy_is_missing:
    sys.modules["scipy"] = None
try:
    import seaborn as sns
finally:
    if _scipy_is_missing:
        del sys.modules["scipy"]

matplotlib.rcdefaults()  # the user's matplotlibrc must not reach the figures
matplotlib.use("agg")  # needs no screen
# Text stays text in SVG files, and their identifiers are the same every time.
RC_PARAMS = {"svg.fonttype": "none", "svg.hashsalt": "dying-relu", "figure.dpi": 100, "savefig.dpi": 150}
sns.set_theme(context="notebook", style="whitegrid", rc=RC_PARAMS)

REFERENCE_COLOR = "black"
MARKERS = "os^Dv<>pP*X"
EPOCH_TICKS = {"nbins": 10, "steps": [1, 2, 5, 10], "integer": True}


def save(figure: Figure, path: Path) -> None:
    """Write the figure as PNG or SVG, by the ending of `path`, without a date."""
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else {"Software": None})
