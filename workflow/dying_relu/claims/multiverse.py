"""Every claim in every world and under every choice that needs no training: `multiverse.csv`.

A specification is a world and a choice on each axis that the claim depends on; Steegen et al. 2016 call their set a
multiverse.
"""

from functools import cache
from itertools import product
from pathlib import Path

import pandas as pd

from dying_relu.claims.claims import Claim, all_claims
from dying_relu.claims.quantities import Choices, RunTables
from dying_relu.claims.verdicts import judge, measure_under
from dying_relu.configuration.config import Config
from dying_relu.configuration.run import Run
from dying_relu.io.columns import MULTIVERSE
from dying_relu.tables.summaries import WINDOWS

GRADIENTS = ("gradient_of_sum", "gradient")
FRAMES = {"60": 60, "all": None}  # the last epoch: that of the article's videos, or the training's


def judge_multiverse(config: Config, folder: Path) -> pd.DataFrame:
    """`multiverse.csv`: a row per claim and specification; `folder` is that of the runs.

    What a claim does not depend on is empty.
    """
    tables_of = cache(RunTables)  # specifications share metrics, which are read once
    rows = []
    for claim in all_claims():
        for world in config.worlds:
            seeds = claim.runs_in(config, world)
            for evaluation, dw, window, frames in product(claim.evaluations, *_choices(claim, config)):

                def chosen_tables(run: Run, last: int | None = FRAMES.get(frames), dw: str = dw) -> RunTables:
                    return tables_of(folder / run.name, last, _dw_scale(run, config, dw))

                measured = measure_under(claim, evaluation, seeds, chosen_tables, window or Choices.window)
                row = judge(claim, evaluation, measured)
                chosen = {"world": world, "dw": dw, "window": window, "frames": frames}
                rows.append(row | chosen | {"admissible": config.admits(world)})
    return pd.DataFrame(rows, columns=MULTIVERSE)


def _choices(claim: Claim, config: Config) -> list[tuple[str, ...]]:
    """The choices of dW, window and frames that the claim depends on; one, which is empty, where it does not."""
    configured = config.settings["dw"]
    gradients = GRADIENTS if configured in GRADIENTS else (configured,)
    axes = {"dw": gradients, "window": tuple(WINDOWS), "frames": tuple(FRAMES)}
    return [choices if axis in claim.depends_on else ("",) for axis, choices in axes.items()]


def _dw_scale(run: Run, config: Config, dw: str) -> float:
    """What the configured dW has to be multiplied by: the last mini-batch's images lie between its sum and its mean."""
    if dw in ("", config.settings["dw"]):
        return 1.0
    last = (run.train_images - 1) % run.batch_size + 1
    return float(last) if dw == "gradient_of_sum" else 1 / last
