"""At which steps units were first seen dead, and alive again."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dying_relu.io.columns import DEATHS

NEVER = -1


class Deaths:
    """What became of each hidden unit, as it is seen now and then; `[units]`, layer after layer, in steps.

    `born_dead` is 0, the step before the first, or NEVER; `died` when a unit that had been alive was first seen dead,
    `revived` when one that had been dead was first seen alive. A unit may die and revive between two looks, unseen.
    """

    def __init__(self, dead: NDArray[np.bool_]) -> None:
        """`dead`: which units are dead before the first step."""
        self._dead = dead.copy()
        self._steps = {"born_dead": np.where(dead, 0, NEVER)}
        self._steps |= {name: np.full(len(dead), NEVER) for name in ("died", "revived")}

    def see(self, step: int, dead: NDArray[np.bool_]) -> None:
        """Look at the units after `step` (from 1): which are `dead`."""
        for name, changed in (("died", dead & ~self._dead), ("revived", self._dead & ~dead)):
            steps = self._steps[name]
            steps[changed & (steps == NEVER)] = step
        self._dead[...] = dead

    def table(self, units: pd.DataFrame) -> pd.DataFrame:
        """`deaths.csv`: the `layer` and `unit` of those that were ever seen dead, and the steps; `units` has all."""
        table = units.assign(**self._steps)[DEATHS]
        seen = (table["born_dead"] != NEVER) | (table["died"] != NEVER)
        return table[seen].astype("Int64").replace(NEVER, pd.NA)

    def state(self) -> dict[str, NDArray]:
        """Return what `restore` needs; the arrays are the object's own."""
        return {"deaths.dead": self._dead} | {f"deaths.{name}": steps for name, steps in self._steps.items()}

    def restore(self, state: Mapping[str, NDArray]) -> None:
        for name, array in self.state().items():
            array[...] = state[name]
