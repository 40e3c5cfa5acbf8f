"""A workflow that is killed or asked to end at any stage: the same command then completes the results."""

import os
import random
import signal
import subprocess
import time

import pytest

from faults import OUTPUTS, SmallProject, Workflow, needs_proc, processes, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.faults, needs_proc]

SECONDS = {"fetch": 3.0, "train": 3.0, "frames": 1.0, "video": 1.0, "page": 1.0}  # that a job takes, about


def each_stage(tries: int, *sample: tuple) -> list:
    """Every stage so many times, of which CI runs the sample."""
    every = [(stage, number + 1) for stage in OUTPUTS for number in range(tries)]
    return [pytest.param(*one, marks=[] if one in sample else pytest.mark.full) for one in every]


def start_and_wait(small: SmallProject, stage: str, results: str) -> Workflow:
    """Start the workflow; returns when a job of the stage has run for a random while, the same one each time."""
    workflow = small.start_at(stage, results)
    delay = random.Random(results).uniform(0, SECONDS[stage])
    print(f"{delay:.2f} s into {stage}")
    time.sleep(delay)
    return workflow


def jobs(small: SmallProject) -> list[int]:
    return [process for stage in OUTPUTS for process in processes(small.project, stage)]


@pytest.mark.parametrize(("stage", "number"), each_stage(3, ("fetch", 1), ("video", 1)))
def test_snakemake_is_killed(small, stage, number):
    """The running script lives on as an orphan, and may still write when the command is given again."""
    results = f"killed-{stage}-{number}"
    workflow = start_and_wait(small, stage, results)
    workflow.process.kill()
    workflow.wait()
    small.unlock(results)
    small.resumes(results)
    wait_for(lambda: not jobs(small))
    small.is_complete(results)  # whatever the orphan did at its end
    assert "Nothing to be done" in small.run(results).stdout


@pytest.mark.parametrize(("stage", "number"), each_stage(1))
def test_everything_is_killed(small, stage, number):
    """As when the power fails, or the kernel runs out of memory and kills a whole session."""
    results = f"all-killed-{stage}-{number}"
    start_and_wait(small, stage, results).kill_all()
    small.unlock(results)
    small.resumes(results)


@pytest.mark.parametrize("name", ["SIGTERM", pytest.param("SIGINT", marks=pytest.mark.full)])
@pytest.mark.parametrize(("stage", "number"), each_stage(1, ("train", 1)))
def test_everything_is_asked_to_end(small, stage, number, name):
    """As when the machine shuts down (SIGTERM), or somebody presses Ctrl-C (SIGINT). Nothing stays locked."""
    results = f"{name.lower()}-{stage}-{number}"
    workflow = start_and_wait(small, stage, results)
    os.killpg(workflow.process.pid, signal.Signals[name])
    try:
        workflow.wait(seconds=120)
    except subprocess.TimeoutExpired:
        # Snakemake's signal handler waits for a lock that the interrupted code may hold; then it must be killed.
        print("Snakemake waits for itself")
        workflow.kill_all()
        small.unlock(results)
    assert jobs(small) == []
    print(workflow.output)
    small.resumes(results)


def test_ctrl_c_says_how_to_go_on_and_no_more(small):
    workflow = small.start_at("train", "ctrl-c")
    wait_for(lambda: [*small.project.glob("ctrl-c/runs/*/checkpoint/*")])
    os.killpg(workflow.process.pid, signal.SIGINT)
    workflow.fails()
    assert "the same command goes on from there" in workflow.output
    assert "Traceback" not in workflow.output
    assert jobs(small) == []
    small.resumes("ctrl-c")
