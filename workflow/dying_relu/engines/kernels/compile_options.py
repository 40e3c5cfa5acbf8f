"""How the fast engine's code is compiled, and where Numba keeps it."""

import hashlib
from pathlib import Path

import numba

# The modules that hold it, and this one, which says how.
MODULES = ("compile_options", "simd", "adam", "matmul", "training_step")

# Numba keeps compiled code on disk. It would not see a change of another module; and where one has changed, one
# process may load what another is about to replace. Hence a folder for each state of all, unless one was asked for.
if not numba.config.CACHE_DIR:
    _folder = Path(__file__).parent
    _state = hashlib.sha256(b"".join((_folder / f"{name}.py").read_bytes() for name in MODULES)).hexdigest()[:12]
    numba.config.CACHE_DIR = str(_folder / "__pycache__" / f"compiled-{_state}")

# Sums may be reordered and multiplications fused with additions, which vector instructions need; infinities and NaN
# keep their meaning. The compiled code is kept on disk, for the next process.
OPTIONS = {"fastmath": {"reassoc", "contract"}, "cache": True, "nogil": True, "error_model": "numpy"}
