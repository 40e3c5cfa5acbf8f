"""Seaborn without SciPy, which it would load for estimates of densities and for dendrograms, and none is drawn here.

That takes half of the 1.2 seconds that a drawing job needs to start, and in the main job there are 25 of them.
"""

import sys

__all__ = ["sns"]

_unknown = "scipy" not in sys.modules
if _unknown:
    sys.modules["scipy"] = None  # Python's way to say that a module cannot be imported; Seaborn does without
try:
    import seaborn as sns
finally:
    if _unknown:
        del sys.modules["scipy"]
