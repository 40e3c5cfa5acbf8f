"""A more urgent job takes a cluster's node from a training, which resumes later; its tables are those of any other."""

import pytest

from faults import OneRun, wait_for
from slurm import ABRUPT, PARTITION, URGENT, Slurm

pytestmark = [pytest.mark.slow, pytest.mark.faults]

EPOCHS = 50
NEVER, EVERY_EPOCH = 3600, 0  # seconds between checkpoints


def preempt(slurm: Slurm, one_run: OneRun, partition: str, checkpoint: int) -> list[str]:
    """Train in a partition, and so in a folder, until an urgent job comes after epoch 5; returns the jobs' states."""
    arguments = one_run.arguments(partition, checkpoint)
    with slurm.snakemake(one_run.project, *arguments, partition=partition) as workflow:
        wait_for(lambda: "epoch 5/50" in one_run.log(partition) or workflow.process.poll() is not None)
        urgent = slurm.ask("sbatch", "--parsable", "--output=/dev/null", "--partition", URGENT, "--exclusive",
                           "--wrap", "sleep 1").strip()  # fmt: skip
        wait_for(lambda: slurm.jobs()[urgent]["state"] == "COMPLETED")
        # A job that Slurm puts back into the queue waits there for two minutes, unless somebody says otherwise.
        for number in (number for number, job in slurm.jobs().items() if job["state"] == "PENDING"):
            slurm.ask("scontrol", "update", f"JobId={number}", "StartTime=now")
        assert workflow.wait() == 0
    assert 5 <= one_run.resumed_after(partition) < 50
    one_run.is_as_undisturbed(partition)
    return sorted(job["state"] for job in slurm.jobs().values() if job["partition"] == partition)


def test_with_notice_it_leaves_a_checkpoint_and_is_submitted_again(slurm, one_run):
    """There would be no checkpoint to resume from, had SIGTERM not led to one."""
    assert preempt(slurm, one_run, PARTITION, NEVER) == ["COMPLETED", "FAILED"]


def test_without_notice_slurm_starts_it_again_from_the_last_checkpoint(slurm, one_run):
    """The same submission, so that this does not count among the retries that Snakemake allows."""
    assert preempt(slurm, one_run, ABRUPT, EVERY_EPOCH) == ["COMPLETED"]
    (number,) = (number for number, job in slurm.jobs().items() if job["partition"] == ABRUPT)
    assert "Restarts=1" in slurm.ask("scontrol", "show", "job", number)
