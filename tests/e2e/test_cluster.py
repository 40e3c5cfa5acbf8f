"""The Slurm profile on a real Slurm: the results are those of this machine, even if jobs die in the middle."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from breaking import wait_for
from helpers import QUICK, artefacts, setting
from slurm import ACCOUNT, PARTITION, Slurm, one_node, why_not

pytestmark = pytest.mark.slow

MINUTES = 30  # some are enough on two idle cores


@dataclass(frozen=True)
class Training:
    """A process that trains, between its first epoch and its end, and the Slurm job that it belongs to."""

    process: int
    run: str
    job: str


@dataclass(frozen=True)
class Ran:
    """What is left of the quick configuration's way through the cluster."""

    results: Path
    said: str
    jobs: dict[str, dict[str, str]]
    killed: Training
    cancelled: Training


@pytest.fixture(scope="module")
def ran(slurm, make_project, mnist) -> Ran:
    """The quick configuration, while one training is killed and another one's job cancelled."""
    project = make_project()
    said = project / "said.txt"
    end = time.monotonic() + 60 * MINUTES
    with slurm.snakemake(project, said, *QUICK, *setting(data=f"{{dir: {mnist}}}")) as process:
        killed = in_the_middle(project, process, end)
        os.kill(killed.process, signal.SIGKILL)
        cancelled = in_the_middle(project, process, end, spare=killed.run)
        slurm.ask("scancel", cancelled.job)
        status = process.wait(timeout=end - time.monotonic())
    assert status == 0, said.read_text()
    return Ran(project / "results", said.read_text(), slurm.jobs(), killed, cancelled)


def in_the_middle(project: Path, snakemake: subprocess.Popen, end: float, spare: str | None = None) -> Training:
    """Wait for a training that has done an epoch, of another run than `spare`."""
    while time.monotonic() < end and snakemake.poll() is None:
        for found in trainings(project):
            if found.run != spare and "epoch 1/2" in log_of(project, found.run):
                return found
        time.sleep(0.01)
    raise AssertionError("no training was caught in the middle")


def trainings(project: Path) -> Iterator[Training]:
    """The processes that train in `project` now."""
    for process in Path("/proc").iterdir():
        try:
            if process.name.isdigit() and (process / "cwd").readlink() == project:
                arguments = (process / "cmdline").read_text().split("\0")
                log = (process / "fd" / "1").readlink()
                if arguments[-2].endswith("train.py") and log.parent.name == "train":
                    variables = dict(pair.split("=", 1) for pair in (process / "environ").read_text().split("\0")[:-1])
                    yield Training(int(process.name), log.stem, variables["SLURM_JOB_ID"])
        except (OSError, IndexError):  # it has ended since, or just begun
            continue


def log_of(project: Path, run: str) -> str:
    return (project / "results" / "logs" / "train" / f"{run}.log").read_text()


def test_results_are_those_of_a_local_run(results, ran):
    expected, found = artefacts(results), artefacts(ran.results)
    assert len(expected) > 11 * 7
    assert found.keys() == expected.keys()
    assert [name for name in expected if expected[name] != found[name]] == []


def test_what_died_was_tried_again_with_more_memory_and_time(ran):
    died = ran.jobs[ran.killed.job], ran.jobs[ran.cancelled.job]
    assert [job["state"] for job in died] == ["FAILED", "CANCELLED"]
    doubled = {tuple(2 * number for number in asked_for(job)) for job in died}
    again = [job for job in ran.jobs.values() if asked_for(job) in doubled]
    assert [job["state"] for job in again] == ["COMPLETED", "COMPLETED"]


def asked_for(job: dict[str, str]) -> tuple[int, int]:
    """Megabytes and minutes; Slurm writes a time as hours:minutes:seconds, without hours if there are none."""
    *hours, minutes, _ = map(int, job["minutes"].split(":"))
    return int(job["memory"].removesuffix("M")), 60 * sum(hours) + minutes


def test_jobs_ask_for_what_the_command_line_said(ran):
    assert {(job["partition"], job["account"]) for job in ran.jobs.values()} == {(PARTITION, ACCOUNT)}


def test_a_submission_per_run_and_one_for_the_rest(ran):
    died = 2
    assert len(ran.jobs) == 11 + 1 + died


def test_nothing_is_left_running_or_lying_about():
    if message := why_not():
        pytest.skip(message)
    with one_node() as running:
        running.ask("sbatch", "--output=/dev/null", "--partition", PARTITION, "--wrap", "sleep 600")
        # The daemons and the job's processes, which begin some time after Slurm calls it running.
        wait_for(lambda: len(processes_of(running)) > 4, seconds=60)
    assert processes_of(running) == []
    assert not running.folder.exists()


def processes_of(slurm: Slurm) -> list[str]:
    """What runs and names the cluster's folder: its daemons, and its jobs by their environment."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended since
            command, variables = ((process / name).read_text() for name in ("cmdline", "environ"))
            if str(slurm.folder) in command + variables:
                found.append(command)
    return found
