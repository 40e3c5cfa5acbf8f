"""The Slurm profile on a real Slurm: the results are those of this machine, although jobs die in the middle."""

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from faults import processes, wait_for
from slurm import ACCOUNT, PARTITION

pytestmark = pytest.mark.slow

RESULTS = "cluster"


@dataclass(frozen=True)
class Training:
    """A process that trains, between its first epoch and its end, its run, and the Slurm job that it belongs to."""

    process: int
    run: str
    job: str


@pytest.fixture(scope="module")
def died(slurm, small) -> list[dict[str, str]]:
    """Run the smallest configuration, kill one training and cancel the other one's job; returns these jobs."""
    with slurm.snakemake(small.project, *small.arguments(RESULTS)[2:]) as workflow:
        killed, cancelled = wait_for(lambda: both_trainings(small.project))
        os.kill(killed.process, signal.SIGKILL)
        slurm.ask("scancel", cancelled.job)
        assert workflow.wait() == 0
    return [slurm.jobs()[training.job] for training in (killed, cancelled)]


def both_trainings(project: Path) -> list[Training]:
    """Both trainings, stopped, as soon as both have done an epoch: neither ends before something happens to it."""
    found = [*trainings(project)]
    for training in found:
        os.kill(training.process, signal.SIGSTOP)
    return found if len({training.run for training in found}) == 2 else []


def trainings(project: Path) -> Iterator[Training]:
    """The processes that have trained for an epoch at least."""
    for process in processes(project, "train"):
        with suppress(OSError):  # it has ended since, or just begun
            folder = Path(f"/proc/{process}")
            log = (folder / "fd" / "1").readlink()
            if log.parent.name == "train" and "epoch 1/" in log.read_text():
                variables = dict(pair.split("=", 1) for pair in (folder / "environ").read_text().split("\0")[:-1])
                yield Training(process, log.stem, variables["SLURM_JOB_ID"])


def test_results_are_those_of_a_local_run(small, died):
    small.is_complete(RESULTS)


def test_what_died_was_tried_again_with_more_memory_and_time(slurm, died):
    assert [job["state"] for job in died] == ["FAILED", "CANCELLED"]
    doubled = {tuple(2 * number for number in requested(job)) for job in died}
    again = [job for job in slurm.jobs().values() if requested(job) in doubled]
    assert [job["state"] for job in again] == ["COMPLETED", "COMPLETED"]


def requested(job: dict[str, str]) -> tuple[int, int]:
    """Megabytes and minutes; Slurm writes a time as [hours:]minutes:seconds."""
    *hours, minutes, _ = map(int, job["minutes"].split(":"))
    return int(job["memory"].removesuffix("M")), 60 * sum(hours) + minutes


def test_a_submission_per_run_and_one_for_the_rest_as_the_command_line_says(slurm, died):
    jobs = slurm.jobs().values()
    assert len(jobs) == 2 + 1 + len(died)
    assert {(job["partition"], job["account"]) for job in jobs} == {(PARTITION, ACCOUNT)}
