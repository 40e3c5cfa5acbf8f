"""`--sdm conda` and `--sdm apptainer`: each job runs where its rule says, and finds there what it imports.

Neither conda nor Apptainer is here; stand-ins take their commands from Snakemake. See docs/cluster.md for what this
does not show.
"""

import json
import os
import re
import shlex
import sys
from pathlib import Path

import pandas as pd
import pytest
import yaml

from environments import ENVS, pins, rules
from helpers import ROOT, snakemake

pytestmark = pytest.mark.slow

# Two runs, drawn against the epoch and as a sweep, in two worlds, so that every rule has something to do.
EXPERIMENT = {"title": "One", "grids": [{"batch_norm": [True, False]}]}
CONFIG = {
    "epochs": 2,
    "run": {"train_images": 2000},
    "experiments": {
        "batch_size": EXPERIMENT,
        "sweep": EXPERIMENT | {"figure": {"kind": "final", "x": "batch_norm"}},
    },
    "comparisons": {"bn_relu": {"title": "BN", "left": {"batch_norm": True}, "right": {"batch_norm": False}}},
    "worlds": {"other": {"title": "Other", "reason": "To see", "admissible": True, "run": {"epsilon": 1e-7}}},
}
APPTAINER = """#!/bin/sh
[ "$1" = --version ] && echo "apptainer version 1.3.0" && exit
echo "$*" >>"$0.txt"
while [ "$1" != envs/dying-relu.sif ]; do shift; done
shift
exec "$@"
"""


def path_with(folder: Path, **programs: str) -> str:
    """A PATH that finds these scripts first, and then the Python that runs the tests."""
    folder.mkdir()
    for name, script in programs.items():
        (folder / name).write_text(script)
        (folder / name).chmod(0o755)
    return os.pathsep.join([str(folder), f"{sys.prefix}/bin", os.environ["PATH"]])


def scripts_in(text: str) -> set[str]:
    """The scripts of rules that a text names; Snakemake gives each job a copy of its own."""
    return set(re.findall(r"/scripts/tmp\w+\.(\w+)\.py", text))


def test_every_rule_runs_in_an_environment_that_holds_only_what_its_file_pins(make_project, mnist, tmp_path):
    project = make_project()
    (project / "config.yaml").write_text(yaml.safe_dump(CONFIG | {"data": {"dir": str(mnist)}}))
    stand_in = shlex.join([sys.executable, str(ROOT / "tests" / "conda_stand_in.py"), str(tmp_path)])
    path = path_with(tmp_path / "bin", conda=f'#!/bin/sh\nexec {stand_in} "$@"\n', activate='. "$1/bin/activate"\n')
    done = snakemake(project, "--cores", "2", "--sdm", "conda", PATH=path)
    assert done.returncode == 0, done.stdout

    environments = {file.read_text(): f"envs/{file.name}" for file in ENVS}
    made = {environments[file.read_text()]: file.with_suffix("") for file in project.glob(".snakemake/conda/*.yaml")}
    ran = {(env, script) for env, prefix in made.items() for script in scripts_in((prefix / "ran.txt").read_text())}
    assert ran == set(rules())
    assert [env for env, prefix in made.items() if [*prefix.glob("lib/*/*/torch")]] == ["envs/train.yaml"]
    assert len(pd.read_csv(project / "results" / "final.csv")) == 4
    for file in project.glob("results/runs/*/environment.json"):
        packages = json.loads(file.read_text())["packages"]
        assert packages["torch"].partition("+")[0] == pins(ROOT / "envs/train.yaml")["pytorch"][0]


def test_jobs_run_in_the_image(small, tmp_path):
    path = path_with(tmp_path / "bin", apptainer=APPTAINER)
    arguments = ["--sdm", "apptainer", *small.arguments("image"), "--", "image/runs.csv"]
    done = snakemake(small.project, *arguments, PATH=path)
    assert done.returncode == 0, done.stdout
    assert scripts_in((tmp_path / "bin" / "apptainer.txt").read_text())
