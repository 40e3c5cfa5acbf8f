"""Why squares of the dW frames are dark."""

import pandas as pd

VANISHED_LOSS = 0.01  # nats; the class of the image has a probability of 99 %
CAUSES = ["inactive units", "active units, loss vanished", "active units, loss present"]


def causes_of_dark_units(units: pd.DataFrame, batches: pd.DataFrame) -> pd.DataFrame:
    """Count a run's dark squares by cause: a row per epoch, a column for each of CAUSES.

    The pre-activation of an inactive unit is above 0 for no training image, so nothing reaches its weights. An active
    unit has next to nothing to learn from a mini-batch without errors and with a mean loss below VANISHED_LOSS; the
    frame shows the last mini-batch of the epoch. The other active units respond to images outside of the mini-batch.
    """
    last = batches.groupby("epoch").last()
    vanished = units["epoch"].map((last["accuracy"] == 1) & (last["loss"] < VANISHED_LOSS))
    dark, inactive = units["dark"] == 1, units["inactive"] == 1
    causes = [dark & inactive, dark & ~inactive & vanished, dark & ~inactive & ~vanished]
    return pd.DataFrame(dict(zip(CAUSES, causes, strict=True))).groupby(units["epoch"]).sum()
