"""What a job of the fast engine does without: PyTorch, and after `compile` a compiler."""

import os
import subprocess
import sys

from helpers import ROOT

COMPILE = """
from dying_relu.engines.numba_engine import NumbaEngine
from helpers import make_run
NumbaEngine.compile(make_run(hidden=[16, 12]))
"""
TRAIN = """
import sys
from pathlib import Path
sys.modules["torch"] = None
from dying_relu.data.images import load_images
from dying_relu.engines.engine import choose
from dying_relu.training.outputs import Outputs
from helpers import make_run, train_anew
run = make_run(hidden=[16, 12], batch_norm=False, train_images=2000, bias=-1)
outputs = Outputs.within(Path({folder!r}))
train_anew(run, load_images(Path({mnist!r}), 2000), choose("numba", run), outputs)
"""


def test_a_training_needs_neither_pytorch_nor_a_compiler(mnist, tmp_path):
    cache = tmp_path / "cache"
    path = os.pathsep.join([str(ROOT / "workflow"), str(ROOT / "tests")])
    environment = os.environ | {"NUMBA_CACHE_DIR": str(cache), "PYTHONPATH": path}

    def compiled_by(code: str) -> set:
        code = code.format(folder=str(tmp_path), mnist=str(mnist))
        subprocess.run([sys.executable, "-c", code], env=environment, check=True)
        return {file.name for file in cache.rglob("*.nbc")}

    compiled = compiled_by(COMPILE)
    assert len(compiled) >= 5
    assert compiled_by(TRAIN) == compiled
    assert (tmp_path / "metrics.csv").read_text().count("\n") == 2
