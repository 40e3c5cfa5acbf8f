"""Functions that many tests call: they make runs, train, and start Snakemake."""

import os
import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from dying_relu.configuration.config import load_config
from dying_relu.configuration.run import Run
from dying_relu.data.images import Images
from dying_relu.engines.engine import Engine
from dying_relu.training.checkpoints import Checkpoints
from dying_relu.training.train import Outputs, TrainingOptions, train

ROOT = Path(__file__).parents[1]
QUICK = ("--configfile", "tests/configs/quick.yaml")


def make_run(epochs: int = 1, seed: int = 20170523, **parameters) -> Run:
    """The run that the configuration makes of these parameters."""
    grid = {"batch_norm": True} | parameters
    settings = {"epochs": epochs, "seeds": [seed], "experiments": {"one": {"title": "One", "grids": [grid]}}}
    (run,) = load_config(settings).runs.values()
    return run


def train_anew(run: Run, images: Images, engine: type[Engine], outputs: Outputs, **options) -> dict[str, float]:
    """`train.train` from the beginning, with the `TrainingOptions` that are given."""
    with TemporaryDirectory() as folder:
        checkpoints = Checkpoints(Path(folder), {}, seconds=3600)
        return train(run, engine(run, images), outputs, checkpoints, TrainingOptions(**options))


def snakemake(
    project: Path, *arguments: str, python: str = sys.executable, **environment: str
) -> subprocess.CompletedProcess:
    """Run Snakemake in `project`; `stdout` has its whole output, errors included."""
    return subprocess.run(
        [python, "-m", "snakemake", *arguments],
        cwd=project,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def setting(**values: object) -> list[str]:
    """The arguments that set keys of the configuration."""
    return ["--config", *(f"{key}={value}" for key, value in values.items())]


def planned(project: Path, *arguments: str) -> dict[str, int]:
    """The number of jobs of each rule that a dry run plans."""
    said = snakemake(project, "-n", "--cores", "2", *arguments)
    assert said.returncode == 0, said.stdout
    if "Nothing to be done" in said.stdout:
        return {}
    table = said.stdout.partition("Job stats")[2].partition(" total ")[0]
    return {rule: int(count) for rule, count in re.findall(r"^ (\w[\w ]*?) +(\d+) *$", table, re.MULTILINE)}
