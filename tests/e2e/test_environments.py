"""Each environment of envs/ is enough for the rules that name it: their scripts run in it, on real data.

conda-forge cannot be had everywhere, so the same versions of the same packages, with what they depend on and nothing
else, come from the index of Python packages. What is no Python package cannot be tried in this way: the interpreter's
version, and ffmpeg, which imageio-ffmpeg brings along here.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from environments import ENVS, PYPI, pins, rules
from helpers import QUICK, ROOT, setting, snakemake

pytestmark = pytest.mark.slow

# The four runs that the comparisons show: every rule has something to do, and it takes less than with all eleven.
FEW = """{
  batch_size: {grids: [{batch_norm: [true, false]}]},
  leaky_relu: {grids: [{batch_norm: [true, false], activation: leaky_relu, negative_slope: 0.001}]},
}"""
NO_PYTHON_PACKAGES = {"python", "ffmpeg"}
# Takes the place of a script: hands its job over to the Python of the environment.
HAND_OVER = """
import json, os, subprocess, sys, tempfile
sys.path.append({tests!r})
from lone_script import job_of
with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
    json.dump(job_of(snakemake), file)
    file.flush()
    command = [{python!r}, "-s", {tests!r} + "/lone_script.py", {script!r}, file.name]
    subprocess.run(command, check=True, timeout=300, env=os.environ | {{"PYTHONPATH": {library!r}}})
"""


@pytest.fixture(scope="module")
def pythons(tmp_path_factory) -> Iterator[dict[str, str]]:
    """For each environment file a Python that has what the file names."""
    made = {}
    for file in ENVS:
        folder = tmp_path_factory.mktemp(file.stem)
        made[f"envs/{file.name}"] = python = str(folder / "bin" / "python")
        # Three times =, lest another build of the same version be taken, which does not fit the others.
        asked = [f"{PYPI.get(name, name)}==={version}" for name, (version, _) in pins(file).items()
                 if name not in NO_PYTHON_PACKAGES]  # fmt: skip
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True, timeout=120)
        subprocess.run([sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--quiet", *asked],
                       check=True, timeout=900)  # fmt: skip
    yield made
    for python in made.values():
        shutil.rmtree(Path(python).parents[1])  # gigabytes


def imported(python: str, module: str) -> bool:
    return subprocess.run([python, "-s", "-c", f"import {module}"], capture_output=True, check=False).returncode == 0


def test_an_environment_has_nothing_else(pythons):
    assert [env for env, python in pythons.items() if imported(python, "snakemake")] == []
    assert [env for env, python in pythons.items() if imported(python, "torch")] == ["envs/train.yaml"]
    assert [env for env, python in pythons.items() if imported(python, "matplotlib")] == ["envs/figures.yaml"]


def test_every_rule_runs_in_its_environment(pythons, make_project, mnist):
    project = make_project()
    for env, script in rules():
        original = project / "workflow" / "scripts" / f"{script}.py"
        moved = original.rename(original.with_name(f"real_{script}.py"))
        places = {"tests": str(ROOT / "tests"), "library": str(project / "workflow")}
        original.write_text(HAND_OVER.format(python=pythons[env], script=str(moved), **places))
    options = [*QUICK, *setting(data=f"{{dir: {mnist}}}", experiments=FEW)]
    done = snakemake(project, "--cores", "2", *options)
    assert done.returncode == 0, done.stdout
    final = pd.read_csv(project / "results" / "final.csv")
    assert len(final) == 4
    for run in final["run"]:
        packages = json.loads((project / "results" / "runs" / run / "environment.json").read_text())["packages"]
        assert packages["torch"].partition("+")[0] == pins(ROOT / "envs/train.yaml")["pytorch"][0]
