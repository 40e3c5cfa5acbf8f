"""A cluster takes the node from a training for a more urgent job: the training goes on later, to the same bytes."""

import re
from pathlib import Path

import pytest

from breaking import DEADLINE, wait_for
from helpers import setting, snakemake
from slurm import ABRUPT, PARTITION, URGENT, Slurm

pytestmark = [pytest.mark.slow, pytest.mark.faults]

RUN = "bn-relu-b10-train_images6000-s20170523"
TABLES = ("metrics.csv", "units.csv.gz", "batches.csv.gz", "dw.npz")
NEVER, EVERY_EPOCH = 3600, 0  # seconds between checkpoints


def arguments(mnist: Path, results: str, checkpoint: int) -> list[str]:
    experiment = "{one: {title: One, grids: [{batch_size: 10}]}}"
    values = {"epochs": 100, "run": "{train_images: 6000}", "experiments": experiment, "comparisons": "{}"}
    values |= {"data": f"{{dir: {mnist}}}", "checkpoint": checkpoint, "results": results}
    return [*setting(**values), "--", f"{results}/runs/{RUN}/dw.npz"]


@pytest.fixture(scope="module")
def project(make_project, mnist) -> Path:
    """A copy of the project, in which the run has been trained undisturbed."""
    folder = make_project()
    done = snakemake(folder, "--cores", "1", *arguments(mnist, "undisturbed", NEVER))
    assert done.returncode == 0, done.stdout
    return folder


def tables(project: Path, results: str) -> dict[str, bytes]:
    return {name: (project / results / "runs" / RUN / name).read_bytes() for name in TABLES}


def log(project: Path, results: str) -> str:
    path = project / results / "logs" / "train" / f"{RUN}.log"
    return path.read_text() if path.exists() else ""


def is_preempted(slurm: Slurm, project: Path, mnist: Path, partition: str, checkpoint: int) -> None:
    """Train through the profile, in a folder called as the partition; an urgent job comes after the fifth epoch."""
    said = project / f"{partition}.txt"
    with slurm.snakemake(project, said, *arguments(mnist, partition, checkpoint), partition=partition) as process:
        wait_for(lambda: "epoch 5/100" in log(project, partition) or process.poll() is not None)
        urgent = slurm.ask("sbatch", "--parsable", "--output=/dev/null", "--partition", URGENT, "--exclusive",
                           "--wrap", "sleep 1").strip()  # fmt: skip
        wait_for(lambda: slurm.jobs()[urgent]["state"] == "COMPLETED")
        # What goes back into the queue waits there for two minutes, unless somebody says otherwise.
        for number in (number for number, job in slurm.jobs().items() if job["state"] == "PENDING"):
            slurm.ask("scontrol", "update", f"JobId={number}", "StartTime=now")
        assert process.wait(timeout=DEADLINE) == 0, said.read_text()


def went_on_after(project: Path, results: str) -> int:
    """The epoch after which the last try went on."""
    return int(re.search(r"going on from the checkpoint after epoch (\d+)", log(project, results))[1])


def test_with_notice_it_leaves_a_checkpoint_and_is_submitted_again(slurm, project, mnist):
    """There would be no checkpoint to go on from, had SIGTERM not led to one."""
    is_preempted(slurm, project, mnist, PARTITION, NEVER)
    assert 5 <= went_on_after(project, PARTITION) < 100
    states = [job["state"] for job in slurm.jobs().values() if job["partition"] == PARTITION]
    assert sorted(states) == ["COMPLETED", "FAILED"]
    assert tables(project, PARTITION) == tables(project, "undisturbed")


def test_without_notice_slurm_starts_it_again_from_the_last_checkpoint(slurm, project, mnist):
    """The same submission, so that this does not count among the tries that Snakemake allows."""
    is_preempted(slurm, project, mnist, ABRUPT, EVERY_EPOCH)
    assert 5 <= went_on_after(project, ABRUPT) < 100
    jobs = {number: job for number, job in slurm.jobs().items() if job["partition"] == ABRUPT}
    assert [job["state"] for job in jobs.values()] == ["COMPLETED"]
    assert "Restarts=1" in slurm.ask("scontrol", "show", "job", *jobs)
    assert tables(project, ABRUPT) == tables(project, "undisturbed")
