"""What tests call: runs by their parameters, and Snakemake."""

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
    """A run as the configuration would make it."""
    grid = {"batch_norm": True} | parameters
    settings = {"epochs": epochs, "seeds": [seed], "experiments": {"one": {"title": "One", "grids": [grid]}}}
    (run,) = load_config(settings).runs.values()
    return run


def train_anew(run: Run, images: Images, engine: type[Engine], outputs: Outputs, **options) -> dict[str, float]:
    """`train.train` from the beginning, with the `TrainingOptions` that are given."""
    with TemporaryDirectory() as folder:
        checkpoints = Checkpoints(Path(folder), {}, seconds=3600)
        return train(run, images, engine, outputs, checkpoints, TrainingOptions(**options))


def snakemake(
    project: Path, *arguments: str, python: str = sys.executable, **environment: str
) -> subprocess.CompletedProcess:
    """Run Snakemake in `project`; what it said is in `stdout`, errors included."""
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
    """How many jobs of which rule a dry run would do."""
    said = snakemake(project, "-n", "--cores", "2", *arguments)
    assert said.returncode == 0, said.stdout
    if "Nothing to be done" in said.stdout:
        return {}
    table = said.stdout.partition("Job stats")[2].partition(" total ")[0]
    return {rule: int(count) for rule, count in re.findall(r"^ (\w[\w ]*?) +(\d+) *$", table, re.MULTILINE)}


def artefacts(results: Path) -> dict[str, bytes]:
    """Everything that must be the same whenever and wherever it is made."""
    kinds = ("*.csv", "*.csv.gz", "*.npz", "*.png", "*.svg", "*.mp4")
    found = {path for kind in kinds for path in results.rglob(kind) if "benchmarks" not in path.parts}
    return {str(path.relative_to(results)): path.read_bytes() for path in found}
