"""A workflow that is killed or asked to end at any stage: the command is given again, and all is as if nothing was."""

import os
import random
import signal
import subprocess
import time

import pytest

from breaking import HAS_PROC, Small, processes, wait_for

pytestmark = [
    pytest.mark.slow,
    pytest.mark.faults,
    pytest.mark.skipif(not HAS_PROC, reason="looks for processes in /proc"),
]

STAGES = {"fetch": 3.0, "train": 3.0, "frames": 1.0, "video": 1.0, "page": 1.0}  # seconds that a job takes, about


def some(tries: int, *sample: tuple) -> list:
    """Every stage so many times, of which CI does the sample."""
    every = [(stage, number + 1) for stage in STAGES for number in range(tries)]
    return [pytest.param(*one, marks=[] if one in sample else pytest.mark.full) for one in every]


def wait_until_within(small: Small, stage: str, results: str):
    """Start the workflow, and wait until a job of the stage has run for a random while, the same one each time."""
    started = small.start_at(stage, results)
    delay = random.Random(results).uniform(0, STAGES[stage])
    print(f"{delay:.2f} s into {stage}")
    time.sleep(delay)
    return started


def jobs(small: Small) -> list[int]:
    return [process for stage in STAGES for process in processes(small.project, stage)]


@pytest.mark.parametrize(("stage", "number"), some(3, ("fetch", 1), ("video", 1)))
def test_snakemake_is_killed(small, stage, number):
    """The script that runs lives on as an orphan, and may still be writing when the command is given again."""
    results = f"killed-{stage}-{number}"
    started = wait_until_within(small, stage, results)
    started.process.kill()
    started.ends()
    small.unlock(results)
    small.goes_on(results)
    wait_for(lambda: not jobs(small))
    small.is_whole(results)  # whatever the orphan did at its end
    assert "Nothing to be done" in small.run(results).stdout


@pytest.mark.parametrize(("stage", "number"), some(1))
def test_everything_is_killed(small, stage, number):
    """As when the power fails, or the kernel's memory killer takes a whole session."""
    results = f"all-killed-{stage}-{number}"
    started = wait_until_within(small, stage, results)
    started.end_all()
    small.unlock(results)
    small.goes_on(results)


@pytest.mark.parametrize("name", ["SIGTERM", pytest.param("SIGINT", marks=pytest.mark.full)])
@pytest.mark.parametrize(("stage", "number"), some(1, ("train", 1)))
def test_everything_is_asked_to_end(small, stage, number, name):
    """As when the machine is shut down (SIGTERM), or somebody presses Ctrl-C (SIGINT). Nothing is left locked."""
    results = f"{name.lower()}-{stage}-{number}"
    started = wait_until_within(small, stage, results)
    os.killpg(started.process.pid, signal.Signals[name])
    try:
        started.ends(within=120)
    except subprocess.TimeoutExpired:
        # Its handler of signals waits for a lock that the code which it interrupts may hold. Such a one must be killed.
        print("Snakemake waits for itself")
        started.end_all()
        small.unlock(results)
    assert jobs(small) == []
    print(started.said)
    small.goes_on(results)
