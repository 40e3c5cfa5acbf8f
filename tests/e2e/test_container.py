"""`--sdm apptainer`: every job runs in the image, and what comes out is what comes out without one.

Apptainer itself is not in Debian; a stand-in for it changes the root folder. In CI the image is this machine's Python
in an otherwise empty root. `pytest -m full` builds envs/Containerfile, on a base that is made of Debian's
packages, and takes that.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from breaking import Small
from environments import NOT_IN_MAIN_JOB, rules, scripts_run
from helpers import ROOT, artefacts, snakemake

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        os.getuid() != 0 or shutil.which("unshare") is None, reason="changes the root folder: needs root"
    ),
]

IMAGE = Path("envs/dying-relu.sif")
PLACES = "/opt/dying-relu/.venv/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@pytest.fixture(scope="module")
def programs(tmp_path_factory) -> str:
    """A PATH with the stand-in."""
    folder = tmp_path_factory.mktemp("apptainer")
    script = ROOT / "tests" / "apptainer_stand_in.py"
    (folder / "apptainer").write_text(f'#!/bin/sh\nexec {sys.executable} {shlex.quote(str(script))} "$@"\n')
    (folder / "apptainer").chmod(0o755)
    return f"{folder}{os.pathsep}{os.environ['PATH']}"


def runs_in(image: dict, results: str, small: Small, programs: str) -> None:
    """Run the smallest configuration in an image; everything that has a script runs there."""
    (small.project / IMAGE).write_text(json.dumps(image))
    (small.project / f"{IMAGE}.used").unlink(missing_ok=True)
    done = snakemake(small.project, "--sdm", "apptainer", *small.arguments(results), PATH=programs)
    assert done.returncode == 0, done.stdout
    ran = scripts_run((small.project / f"{IMAGE}.used").read_text())
    assert ran == {script for _, script in rules()} - NOT_IN_MAIN_JOB


def test_every_job_runs_in_the_image(small, programs):
    here = {*("/usr", "/bin", "/lib", "/lib64", "/etc"), sys.prefix, sys.base_prefix}
    image = {
        "mounts": {folder: folder for folder in sorted(here) if Path(folder).exists()},
        "path": os.pathsep.join([f"{sys.prefix}/bin", os.defpath]),
    }
    runs_in(image, "image", small, programs)
    small.is_whole("image")


def test_without_the_image_there_is_a_clear_error(small, programs):
    (small.project / IMAGE).unlink(missing_ok=True)
    done = snakemake(small.project, "--sdm", "apptainer", *small.arguments("no-image"), PATH=programs)
    assert done.returncode != 0
    assert str(IMAGE) in done.stdout
    assert not (small.project / "no-image" / "runs").exists()


@pytest.fixture
def built(tmp_path) -> Iterator[Path]:
    """The root folder of an image that is built from envs/Containerfile, as podman and docker would do it."""
    missing = [name for name in ("buildah", "mmdebstrap") if shutil.which(name) is None]
    if missing:
        pytest.skip(f"{', '.join(missing)} not found (on Debian: apt-get install buildah mmdebstrap)")

    def run(*command: str | Path) -> str:
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, cwd=tmp_path)
        return done.stdout.strip()

    buildah = ["buildah", "--root", tmp_path / "storage", "--runroot", tmp_path / "run"]
    run("mmdebstrap", "--variant=minbase", "bookworm", "base.tar")
    (tmp_path / "Base").write_text("FROM scratch\nADD base.tar /\n")
    run(*buildah, "build", "--isolation", "chroot", "--file", "Base", "--tag", "localhost/base", tmp_path)
    # What pip needs here to reach an index, it needs there as well.
    options = [f"--env={name}={value}" for name, value in os.environ.items()
               if name.startswith("PIP_") and name != "PIP_CERT"]  # fmt: skip
    if certificates := os.environ.get("PIP_CERT"):
        options += [f"--volume={certificates}:/run/certificates.crt:ro", "--env=PIP_CERT=/run/certificates.crt"]
    run(*buildah, "build", "--layers", "--isolation", "chroot", "--network", "host",
        "--build-arg", "BASE=localhost/base", *options, "--tag", "localhost/dying-relu", ROOT / "envs")  # fmt: skip
    container = run(*buildah, "from", "localhost/dying-relu")
    yield Path(run(*buildah, "mount", container))
    run(*buildah, "rm", "--all")
    run(*buildah, "rmi", "--all")


@pytest.mark.full
def test_the_image_of_the_containerfile(built, small, programs):
    runs_in({"mounts": {"/": str(built)}, "path": PLACES}, "built", small, programs)
    expected, found = artefacts(small.project / "undisturbed"), artefacts(small.project / "built")
    assert expected.keys() == found.keys()
    assert [name for name in expected if expected[name] != found[name]] == []
    assert re.search(r'"python": "3\.11\.2"', (small.project / "built" / "provenance.json").read_text())
