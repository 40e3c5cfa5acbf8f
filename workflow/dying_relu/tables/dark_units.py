"""Why squares of the dW frames are dark."""

import pandas as pd

VANISHED_LOSS = 0.01  # nats: an image whose class has a probability of 99 %
CAUSES = ["inactive units", "active units, loss vanished", "active units, loss present"]


def causes_of_dark_units(units: pd.DataFrame, batches: pd.DataFrame) -> pd.DataFrame:
    """How many squares of a run are dark for which cause: a row per epoch, a column for each of CAUSES.

    A unit is inactive where its pre-activation is above 0 for no training image: nothing reaches
    its weights. Of the active ones, those whose frame shows a mini-batch (the last of the epoch)
    with no error and a mean loss below VANISHED_LOSS have next to nothing to learn from it. The
    others are active for other images than those of the mini-batch.
    """
    last = batches.groupby("epoch").last()
    vanished = units["epoch"].map((last["accuracy"] == 1) & (last["loss"] < VANISHED_LOSS))
    dark, inactive = units["dark"] == 1, units["inactive"] == 1
    causes = [dark & inactive, dark & ~inactive & vanished, dark & ~inactive & ~vanished]
    return pd.DataFrame(dict(zip(CAUSES, causes, strict=True))).groupby(units["epoch"]).sum()
