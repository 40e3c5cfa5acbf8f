"""Fixtures: real MNIST, copies of the project in which something has run, and a cluster."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dying_relu.data.download import fetch
from faults import UNDISTURBED, OneRun, SmallProject
from helpers import QUICK, ROOT, setting, snakemake
from manifest import manifest
from slurm import Slurm, one_node, why_not


@pytest.fixture(scope="session")
def mnist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder MNIST/raw with the real files, from the folder that DYING_RELU_MNIST names if it is set."""
    raw = tmp_path_factory.mktemp("mnist") / "MNIST" / "raw"
    fetch(raw, os.environ.get("DYING_RELU_MNIST"), timeout=15)
    return raw


@pytest.fixture(scope="session")
def make_project(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    """A function that copies the project into a new folder, as `git clone` would."""
    command = ["git", "-C", str(ROOT), "ls-files", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()

    def make() -> Path:
        folder = tmp_path_factory.mktemp("project") / "dying relu"  # with a space, as people have it
        for name in names:
            if (ROOT / name).exists():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, folder / name)
        return folder

    return make


@pytest.fixture(scope="session")
def project(make_project, mnist) -> Path:
    """A copy of the project in which the quick configuration has run, on two cores."""
    folder = make_project()
    done = snakemake(folder, "--cores", "2", *QUICK, *setting(data=f"{{dir: {mnist}}}"))
    assert done.returncode == 0, done.stdout
    return folder


@pytest.fixture(scope="session")
def results(project) -> Path:
    """The results folder of the quick configuration."""
    return project / "results" / "quick"


@pytest.fixture(scope="session")
def small(make_project, mnist) -> SmallProject:
    """A copy of the project for tests that interrupt it; each try has a results folder of its own."""
    folder = make_project()
    shutil.copy(folder / "tests" / "configs" / "smallest.yaml", folder / "config.yaml")
    undisturbed = SmallProject(folder, mnist, {})
    done = undisturbed.run(UNDISTURBED)
    assert done.returncode == 0, done.stdout
    return SmallProject(folder, mnist, manifest(folder / UNDISTURBED))


@pytest.fixture(scope="module")
def one_run(request, make_project, mnist) -> OneRun:
    """A copy of the project that trains for as many epochs as the module says, and has done so undisturbed."""
    one = OneRun(make_project(), mnist, request.module.EPOCHS)
    one.train(UNDISTURBED)
    return one


@pytest.fixture(scope="module")
def slurm() -> Iterator[Slurm]:
    """A cluster. Where it cannot start the tests are skipped, but in CI they fail."""
    if message := why_not():
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    with one_node() as running:
        yield running
