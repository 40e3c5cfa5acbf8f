"""docs/contributing.md: things stand where it says, and its example works."""

import os
import re
import shutil
import subprocess
import sys

from helpers import ROOT

TEXT = (ROOT / "docs" / "contributing.md").read_text()
LIBRARY = ROOT / "workflow" / "dying_relu"


def test_things_stand_where_it_says():
    rows = re.findall(r"^\|.*\| `([^`]+)` \| `([^`]+)` \|$", TEXT, re.MULTILINE)
    assert len(rows) > 5
    for path, name in rows:
        file = ROOT / path if path.startswith("workflow/") else LIBRARY / path
        assert name in file.read_text(), path


def test_the_example_of_a_parameter_works(tmp_path):
    (patch,) = re.findall(r"```diff\n(.*?)```", TEXT, re.DOTALL)
    (test,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    shutil.copytree(LIBRARY, tmp_path / "workflow" / "dying_relu", ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run(["git", "apply", "-"], input=patch, text=True, cwd=tmp_path, check=True)
    called = """
def test_what_it_is_called():
    from dying_relu.configuration.labels import describe
    from dying_relu.configuration.run import RUN_COLUMNS
    run = make_run(label_smoothing=0.01, epochs=100)
    assert run.name == "bn-relu-b100-label_smoothing0.01-s20170523"
    assert describe(run) == "BN, ReLU, mini-batch 100, label smoothing 0.01"
    assert RUN_COLUMNS[-1] == "label_smoothing"
"""
    (tmp_path / "test_label_smoothing.py").write_text(test + called)
    path = os.pathsep.join([str(tmp_path / "workflow"), str(ROOT / "tests")])
    command = [sys.executable, "-m", "pytest", "-q", "-c", os.devnull, "test_label_smoothing.py"]
    done = subprocess.run(command, cwd=tmp_path, env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
