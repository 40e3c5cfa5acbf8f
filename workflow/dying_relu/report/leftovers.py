"""What earlier configurations have left in the results folder."""

import shutil
from pathlib import Path

from dying_relu.configuration.config import Config
from dying_relu.report.captions import OF_COMPARISONS, OF_EXPERIMENTS

# What the rules make of an experiment or a comparison, by the folder of their logs.
OF_EXPERIMENT = ["figures/{}.*", *(f"figures/{kind}/{{}}.*" for kind in OF_EXPERIMENTS), "outcomes/{}.csv"]
OF_COMPARISON = [*(f"figures/{kind}/{{}}.*" for kind in OF_COMPARISONS), "comparisons/{}.*", "players/comparisons/{}"]
MADE = dict.fromkeys(("experiment_figures", "sweep_figure"), OF_EXPERIMENT)
MADE |= dict.fromkeys(("comparison_figures", "comparison"), OF_COMPARISON)


def remove_leftovers(results: Path, config: Config) -> None:
    """Remove figures and videos of experiments and comparisons that the configuration lacks; runs stay.

    Only what a log of the rule vouches for: other files in these folders belong to somebody else.
    """
    for rule, patterns in MADE.items():
        known = config.experiments if patterns is OF_EXPERIMENT else config.comparisons
        for name in {log.stem for log in (results / "logs" / rule).glob("*.log")} - known.keys():
            for path in (path for pattern in patterns for path in results.glob(pattern.format(name))):
                shutil.rmtree(path) if path.is_dir() else path.unlink()
