"""The look that all figures share, and how they are saved."""

import sys
from pathlib import Path

import matplotlib
from matplotlib.figure import Figure

# Seaborn loads SciPy for density estimates and dendrograms, which no figure here has. Without it a drawing job starts
# in half the time. None is Python's way to say that a module cannot be imported.
_unknown = "scipy" not in sys.modules
if _unknown:
    sys.modules["scipy"] = None
try:
    import seaborn as sns
finally:
    if _unknown:
        del sys.modules["scipy"]

matplotlib.use("agg")  # no screen needed
# Text stays text in SVG files, and their identifiers are the same whenever they are drawn.
STYLE = {"svg.fonttype": "none", "svg.hashsalt": "dying-relu", "figure.dpi": 100, "savefig.dpi": 150}
sns.set_theme(context="notebook", style="whitegrid", rc=STYLE)

# What stands beside the article's figures: tested in mini-batches that are normalised by themselves.
TEST_ACCURACY = "test_accuracy_batch_statistics"
REFERENCE = "black"
EPOCH_TICKS = {"nbins": 10, "steps": [1, 2, 5, 10], "integer": True}


def save(figure: Figure, path: Path) -> None:
    """Write the figure in the format that the name of the file ends in (.png or .svg), without a date."""
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else {"Software": None})
