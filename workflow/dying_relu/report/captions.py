"""The captions of figures: the same text on the page and in Snakemake's own report."""

from pathlib import Path

import yaml

FILE = Path(__file__).parents[2] / "report" / "captions.yaml"

# The kinds of figures, beside the summary figure, that each experiment and each comparison has.
OF_EXPERIMENTS = ("evaluations", "perfect", "units")
OF_COMPARISONS = ("backgrounds", "darkness", "raster")
# Those of a configuration with worlds: one of all claims, and one of each.
OF_MULTIVERSE = ("matrix", "specifications")


def load_captions() -> dict[str, dict[str, str]]:
    """For each kind of figure: its `title`, what it shows (`shows`), and how to read it (`read`)."""
    return yaml.safe_load(FILE.read_text(encoding="utf-8"))
