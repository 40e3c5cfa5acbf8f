"""That the libraries' own switches reach the compiled code, as docs/reproducibility.md says."""

import os
import re
import subprocess
import sys

from helpers import ROOT


def test_the_fast_engine_follows_the_switches():
    """With half as many numbers in a vector, as on a processor without AVX-512."""
    text = (ROOT / "docs" / "reproducibility.md").read_text()
    switches = dict(re.findall(r"^    export (\w+)='?(.*?)'?$", text, re.MULTILINE))
    assert len(switches) == 6
    command = [sys.executable, "-c", "from dying_relu.engines.kernels.simd import LANES; print(LANES)"]
    environment = os.environ | switches | {"PYTHONPATH": str(ROOT / "workflow")}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "32\n"
