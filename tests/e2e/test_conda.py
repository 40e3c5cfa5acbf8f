"""`--sdm conda` from end to end: each rule's environment is solved from its file, installed, activated, and runs jobs.

What conda-forge would give is given by a channel on this disk: packages of the names and versions that envs/ asks for,
that depend on each other, beside some that do not fit. There is next to nothing in them; their Python hands over to
the one that runs the tests. That the real packages are enough, test_environments.py shows.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import imageio_ffmpeg
import pytest

from environments import ENVS, NOT_IN_MAIN_JOB, pins, rules, scripts_run
from helpers import ROOT, snakemake

pytestmark = pytest.mark.slow

# Says in which environment it runs which script.
PYTHON = """#!/bin/sh
echo "$*" >>"$CONDA_PREFIX/used.txt"
exec '{python}' "$@"
"""
FFMPEG = """#!/bin/sh
exec '{ffmpeg}' "$@"
"""
COMMAND = """#!/bin/sh
exec '{python}' '{script}' "$@"
"""
ACTIVATE = """eval "$(conda activation "$1")"
"""
BUILDS = {"pytorch": "cpu_0", "ffmpeg": "gpl_0"}  # what envs/ asks for by the name of a build
DEPENDS = {"torchvision": ["pytorch 2.13.*", "pillow"], "pandas": ["numpy"], "seaborn-base": ["matplotlib-base"]}
SUITS_NOBODY = [("pytorch", "2.13.0", "cuda_9", 9), ("ffmpeg", "9.0.1", "lgpl_9", 9), ("numpy", "99.0", "0", 0)]


@dataclass(frozen=True)
class Conda:
    """A channel, and the variables with which Snakemake finds the stand-in for conda, which knows that channel."""

    channel: Path
    variables: dict[str, str]
    _python: str

    def add(self, *packages: tuple[str, str, str, int]) -> None:
        """Add packages: name, version, build, and number of the build."""
        described = [
            {
                **dict(zip(("name", "version", "build", "build_number"), package, strict=True)),
                "depends": DEPENDS.get(package[0], []) + (["python"] if package[0] != "python" else []),
                "files": files(package[0]),
            }
            for package in packages
        ]
        listed = self.channel.with_name("packages.json")
        listed.write_text(json.dumps(described))
        subprocess.run(
            [self._python, ROOT / "tests" / "conda_channel.py", self.channel, listed], check=True, timeout=300
        )


def files(name: str) -> dict[str, str]:
    """What lies in a package, text by path."""
    programs = {
        "python": PYTHON.format(python=sys.executable),
        "ffmpeg": FFMPEG.format(ffmpeg=imageio_ffmpeg.get_ffmpeg_exe()),
    }
    return {f"bin/{name}": programs[name]} if name in programs else {f"share/{name}.txt": name}


@pytest.fixture(scope="module")
def conda(tmp_path_factory) -> Conda:
    subprocess.run([ROOT / "envs" / "venv.sh", ".venv-rattler", "envs/rattler.txt"], check=True, timeout=600)
    python = str(ROOT / ".venv-rattler" / "bin" / "python")
    folder = tmp_path_factory.mktemp("conda")
    programs = folder / "stand-in" / "bin"
    programs.mkdir(parents=True)
    (programs / "activate").write_text(ACTIVATE)
    (programs / "conda").write_text(COMMAND.format(python=python, script=ROOT / "tests" / "conda_stand_in.py"))
    (programs / "conda").chmod(0o755)
    variables = {
        "CONDA_STAND_IN": str(programs.parent),
        "CONDA_CHANNEL_ALIAS": f"file://{folder}",
        "CONDA_PKGS_DIRS": str(folder / "packages"),
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
    }
    made = Conda(folder / "conda-forge", variables, python)
    asked = {(name, version) for file in ENVS for name, (version, _) in pins(file).items()}
    needed = [(name, version, BUILDS.get(name, "0"), 0) for name, version in sorted(asked)]
    made.add(*needed, *SUITS_NOBODY)
    return made


@pytest.fixture(scope="module")
def said(small, conda) -> str:
    """What Snakemake says while the smallest configuration runs in environments of conda."""
    done = snakemake(small.project, "--sdm", "conda", *small.arguments("conda"), **conda.variables)
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture
def clone(make_project, small, conda) -> Callable[..., subprocess.CompletedProcess]:
    """A function that runs Snakemake with conda in a copy of the project whose envs/ may be changed; see `folder`."""
    folder = make_project()
    shutil.copy(small.project / "config.yaml", folder)

    def run(*arguments: str) -> subprocess.CompletedProcess:
        return snakemake(folder, "--sdm", "conda", *small.arguments("results"), *arguments, **conda.variables)

    run.folder = folder
    return run


def environments(project: Path) -> dict[str, Path]:
    """The environments that Snakemake has made: where each lies, by the name of the file in envs/ that it is of."""
    asked = {file.read_text(): file.name.partition(".")[0] for file in (project / "envs").iterdir()}
    home = project / ".snakemake" / "conda"
    copied = [*home.glob("*.yaml"), *home.glob("*.pin.txt")]
    return {asked[file.read_text()]: home / file.name.partition(".")[0] for file in copied}


def packages(environment: Path) -> dict[str, tuple[str, str]]:
    """Version and build by the name of the package, of all that is installed there."""
    records = [json.loads(file.read_text()) for file in (environment / "conda-meta").glob("*.json")]
    return {record["name"]: (record["version"], record["build"]) for record in records}


def test_results_are_those_of_a_run_without_conda(small, said):
    small.is_whole("conda")


@pytest.mark.parametrize("file", ENVS, ids=lambda file: file.stem)
def test_what_is_installed_is_what_the_file_asks_for(small, said, file):
    wanted = {name: (version, BUILDS.get(name, "0")) for name, (version, _) in pins(file).items()}
    brought_along = {"pillow": ("12.3.0", "0")} if file.stem == "train" else {}  # by torchvision
    assert packages(environments(small.project)[file.stem]) == wanted | brought_along


def test_every_job_runs_in_the_environment_of_its_rule(small, said):
    ran = set()
    for env, folder in environments(small.project).items():
        ran |= {(f"envs/{env}.yaml", script) for script in scripts_run((folder / "used.txt").read_text())}
    assert ran == {(env, script) for env, script in rules() if script not in NOT_IN_MAIN_JOB}


def test_a_second_time_there_is_nothing_to_do(small, said, conda):
    again = snakemake(small.project, "--sdm", "conda", *small.arguments("conda"), **conda.variables)
    assert again.returncode == 0, again.stdout
    assert "Nothing to be done" in again.stdout
    assert "Creating conda environment" not in again.stdout


def test_a_version_that_the_channel_lacks_is_refused_before_anything_runs(clone):
    file = clone.folder / "envs" / "train.yaml"
    file.write_text(file.read_text().replace("numpy=2.4.6", "numpy=2.4.99"))
    done = clone()
    assert done.returncode != 0
    assert "Could not create conda environment from" in done.stdout
    assert "numpy" in done.stdout.partition("Output:")[2]
    assert not (clone.folder / "results" / "runs").exists()


def test_a_pin_file_freezes_an_environment(clone, conda):
    """Made from `conda list --explicit`; a newer build in the channel changes nothing then."""
    done = clone("--conda-create-envs-only")
    assert done.returncode == 0, done.stdout
    before = packages(environments(clone.folder)["claims"])
    command = ["conda", "list", "--explicit", "--prefix", str(environments(clone.folder)["claims"])]
    environment = os.environ | conda.variables
    listed = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    platform = Path(listed.split()[-1]).parent.name  # the folder of the channel that a package lies in
    pinned = clone.folder / "envs" / f"claims.{platform}.pin.txt"
    pinned.write_text(listed)
    conda.add(("scipy", "1.17.1", "newer", 1))
    shutil.rmtree(clone.folder / ".snakemake" / "conda")
    assert clone("--conda-create-envs-only").returncode == 0
    assert packages(environments(clone.folder)["claims"]) == before
    pinned.unlink()
    shutil.rmtree(clone.folder / ".snakemake" / "conda")
    assert clone("--conda-create-envs-only").returncode == 0
    assert packages(environments(clone.folder)["claims"]) == before | {"scipy": ("1.17.1", "newer")}
