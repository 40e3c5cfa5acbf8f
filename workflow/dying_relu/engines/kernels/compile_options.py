"""How the kernels are compiled, and where Numba caches the result."""

import hashlib
from pathlib import Path

import numba

# Numba's cache does not see a change in a module that the compiled one imports, and one process may load a file that
# another is about to replace. Hence a folder for each state of the sources, unless NUMBA_CACHE_DIR names one.
if not numba.config.CACHE_DIR:
    _folder = Path(__file__).parent
    _state = hashlib.sha256(b"".join(path.read_bytes() for path in sorted(_folder.glob("*.py")))).hexdigest()[:12]
    numba.config.CACHE_DIR = str(_folder / "__pycache__" / f"compiled-{_state}")

# Vector instructions need sums that may be reordered, and multiplications that may be fused with additions; infinities
# and NaN keep their meaning.
OPTIONS = {"fastmath": {"reassoc", "contract"}, "cache": True, "nogil": True, "error_model": "numpy"}
