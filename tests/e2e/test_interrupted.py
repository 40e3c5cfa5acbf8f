"""A training that is interrupted in a real run of the workflow resumes; its tables are those of an undisturbed one."""

import os
import random
import re
import resource
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from faults import OneRun, Workflow, needs_proc, processes, wait_for
from helpers import snakemake

pytestmark = [pytest.mark.slow, pytest.mark.faults, needs_proc]

EPOCHS = 12


def start(one_run: OneRun, results: str, after: int = 3, **environment: str) -> Workflow:
    """Start the workflow; returns once its training has left the checkpoint of this epoch or of a later one."""
    workflow = Workflow(one_run.project, ["--cores", "1", *one_run.arguments(results)], **environment)
    # The next part begins when the checkpoint is complete.
    parts = f"checkpoint/*/{after + 1:06d}"
    wait_for(lambda: list(one_run.folder(results).glob(parts)) or workflow.process.poll() is not None)
    return workflow


def training_process(one_run: OneRun) -> int:
    return wait_for(lambda: processes(one_run.project, "train"))[0]


def interrupt(one_run: OneRun, results: str, what: signal.Signals, after: int = 3) -> None:
    """Send a signal to the training after an epoch, and wait for the end of the workflow."""
    workflow = start(one_run, results, after)
    os.kill(training_process(one_run), what)
    workflow.fails()


def resumes(one_run: OneRun, results: str, at_least: int = 3) -> None:
    """The same command completes the training from a checkpoint, of this epoch or of a later one."""
    assert not (one_run.folder(results) / "metrics.csv").exists()
    one_run.train(results)
    assert one_run.resumed_after(results) >= at_least
    assert "epoch 1/" not in one_run.log(results)
    one_run.is_as_undisturbed(results)
    assert not (one_run.folder(results) / "checkpoint").exists()


def test_the_training_is_killed(one_run):
    interrupt(one_run, "killed", signal.SIGKILL)
    resumes(one_run, "killed")


def test_the_training_is_asked_to_end(one_run):
    interrupt(one_run, "asked", signal.SIGTERM)
    assert re.search(r"was asked to stop; the same command goes on after epoch \d+", one_run.log("asked"))
    assert "Traceback" not in one_run.log("asked")
    resumes(one_run, "asked")


def test_snakemake_is_asked_to_end(one_run):
    """It waits for the jobs that run, so that nothing is interrupted."""
    workflow = start(one_run, "ended")
    workflow.process.terminate()
    workflow.wait()
    one_run.is_as_undisturbed("ended")


def test_snakemake_is_killed_and_its_training_lives_on(one_run):
    """The orphan ends as soon as another training has taken over."""
    workflow = start(one_run, "orphaned")
    workflow.process.kill()
    orphan = training_process(one_run)
    os.kill(orphan, signal.SIGSTOP)  # lest it come to its end before the other begins
    workflow.wait()
    unlocked = snakemake(one_run.project, "--cores", "1", "--unlock", *one_run.arguments("orphaned"))
    assert unlocked.returncode == 0, unlocked.stdout

    def wake() -> None:
        wait_for(lambda: "going on" in one_run.log("orphaned"))
        os.kill(orphan, signal.SIGCONT)

    with ThreadPoolExecutor(1) as beside:
        woken = beside.submit(wake)
        resumes(one_run, "orphaned")
        woken.result()
    wait_for(lambda: not processes(one_run.project, "train"))
    one_run.is_as_undisturbed("orphaned")


def test_memory_runs_out(one_run):
    """The kernel refuses the training any further memory; the log says so."""
    # Arrays then come from the kernel, each anew, instead of from memory that was freed before.
    workflow = start(one_run, "memory", MALLOC_MMAP_THRESHOLD_="65536")
    training = training_process(one_run)
    pages = int(Path(f"/proc/{training}/statm").read_text().split()[0])
    resource.prlimit(training, resource.RLIMIT_AS, (pages // 2 * resource.getpagesize(),) * 2)
    workflow.fails()
    assert re.search("MemoryError|allocate", workflow.output), workflow.output
    resumes(one_run, "memory")


@pytest.mark.parametrize("attempt", [1, *(pytest.param(n, marks=pytest.mark.full) for n in (2, 3, 4, 5))])
def test_the_training_is_killed_in_five_random_epochs(one_run, attempt):
    """Five kills in one training, each of the process that resumed after the one before."""
    results = f"random-{attempt}"
    epochs = sorted(random.Random(results).sample(range(1, 12), 5))
    print(f"SIGKILL in the epochs after {epochs}")
    for epoch in epochs:
        interrupt(one_run, results, signal.SIGKILL, after=epoch)
    resumes(one_run, results, at_least=epochs[-1])
