"""Snakemake refuses a wrong configuration in one message, before any job starts."""

import os
import random
import shutil
import sys
import sysconfig

import pytest
import yaml

from dying_relu.configuration.config import load_config
from dying_relu.configuration.errors import ConfigError
from helpers import QUICK, planned, setting, snakemake
from mutations import MUTANTS

WRONG = {
    "text inside brackets": (setting(run="{batch_size: 0}"), "run.batch_size: found 0"),
    "comment": (setting(results="My run #2"), "results: found ' #' in --config, where YAML begins a comment"),
    "what a shell would run": (
        setting(experiments="{one: {title: it's $(touch owned), grids: [{batch_size: 10}]}}"),
        "experiments: found an apostrophe together with one of",
    ),
    # PyYAML would take the last one silently.
    "a key that stands twice": (
        ["--configfile", "mine.yaml"],
        "batch_size: found 2 times below line 2, allowed: once",
    ),
}


@pytest.mark.parametrize(("arguments", "message"), WRONG.values(), ids=WRONG)
def test_refused_before_any_job(make_project, arguments, message):
    project = make_project()
    (project / "mine.yaml").write_text("epochs: 3\nrun: {batch_size: 5, batch_size: 6}\n")
    said = snakemake(project, "--cores", "1", *QUICK, *arguments)
    assert said.returncode != 0
    assert said.stdout.replace("\n", " ").count(message) == 1
    assert "Traceback" not in said.stdout
    assert [path.name for path in (project / "results").iterdir()] == ["README.md"]


def test_a_target_that_names_nothing(make_project):
    said = snakemake(make_project(), "-n", "--cores", "1", "results/figures/batchsize.png", "results/runs/typo/dw.mp4")
    assert said.returncode != 0
    for words in ("found experiment or comparison batchsize, allowed: one of", "runs/typo/dw.mp4: found run typo"):
        assert words in said.stdout.replace("\n", " ")
    assert "Traceback" not in said.stdout


def test_slurm_is_not_there(make_project, tmp_path):
    """Its plugin would wait for ever."""
    for program in ("bash", "sh", "which"):
        (tmp_path / program).symlink_to(shutil.which(program))
    said = snakemake(make_project(), "--profile", "profiles/slurm", PATH=str(tmp_path))
    assert said.returncode != 0
    assert "whose command sbatch is not here" in said.stdout.replace("\n", " ")


def test_an_interpreter_that_snakemake_cannot_start(make_project, tmp_path):
    (tmp_path / "my python").symlink_to(sys.executable)
    path = os.pathsep.join([sysconfig.get_path("purelib"), os.environ.get("PYTHONPATH", "")])
    python = str(tmp_path / "my python")
    said = snakemake(make_project(), "-n", "--cores", "1", python=python, PYTHONPATH=path)
    assert said.returncode != 0
    assert "its path must be free of what a shell reads" in said.stdout.replace("\n", " ")


def test_the_command_line_can_change_the_article(make_project):
    project = make_project()
    assert planned(project, *setting(seeds="[1,2]", results="elsewhere", epochs=5))["train"] == 22


def accepted(settings: dict) -> bool:
    try:
        load_config(settings)
    except ConfigError:
        return False
    return True


@pytest.mark.slow
def test_what_is_accepted_is_planned_and_what_is_not_is_refused(make_project):
    """Snakemake itself agrees with `load_config`, on a fixed sample of the mutants."""
    project = make_project()
    tried = random.Random(8).sample(MUTANTS, 300)
    good, bad = ([(wanted, *one) for one in tried if accepted(one[1]) is wanted] for wanted in (True, False))
    for fine, what, settings, _ in [*good[:12], *bad[:8]]:
        (project / "config.yaml").write_text(yaml.safe_dump(settings, allow_unicode=True), encoding="utf-8")
        said = snakemake(project, "-n", "--cores", "1")
        assert (said.returncode == 0) is fine, (what, said.stdout)
        assert ("The configuration is refused" in said.stdout) is not fine, (what, said.stdout)
        assert "Traceback" not in said.stdout, (what, said.stdout)
    assert len(good) >= 12
    assert [path.name for path in (project / "results").iterdir()] == ["README.md"]
