"""A training that is killed in a real run of the workflow goes on, and what comes out is as if nothing had happened."""

import os
import random
import re
import resource
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from breaking import DEADLINE, HAS_PROC, processes, wait_for
from helpers import setting, snakemake

pytestmark = [
    pytest.mark.slow,
    pytest.mark.faults,
    pytest.mark.skipif(not HAS_PROC, reason="looks for processes in /proc"),
]

RUN = "bn-relu-b10-train_images6000-epochs12-s20170523"
TABLES = ("metrics.csv", "units.csv.gz", "batches.csv.gz", "dw.npz")


def command(mnist: Path, results: str) -> list[str]:
    experiment = "{one: {title: One, grids: [{batch_size: 10}]}}"
    values = {"epochs": 12, "run": "{train_images: 6000}", "experiments": experiment, "comparisons": "{}"}
    values |= {"data": f"{{dir: {mnist}}}", "checkpoint": 0, "results": results}
    return ["--cores", "1", "--configfile", "config.yaml", *setting(**values), "--", f"{results}/runs/{RUN}/dw.npz"]


def training_process(project: Path) -> int | None:
    return next(iter(processes(project, "train")), None)


def start(project: Path, mnist: Path, results: str, after: int = 3, **environment: str) -> subprocess.Popen:
    """The workflow, as soon as its training has left the checkpoint of this epoch or of a later one."""
    process = subprocess.Popen(
        [sys.executable, "-m", "snakemake", *command(mnist, results)],
        cwd=project,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    # The next part begins when the checkpoint is complete.
    parts = f"runs/{RUN}/checkpoint/*/{after + 1:06d}"
    wait_for(lambda: list((project / results).glob(parts)) or process.poll() is not None)
    return process


def tables(folder: Path) -> dict[str, bytes]:
    return {name: (folder / "runs" / RUN / name).read_bytes() for name in TABLES}


@pytest.fixture(scope="module")
def undisturbed(make_project, mnist) -> tuple[Path, dict[str, bytes]]:
    folder = make_project()
    done = snakemake(folder, *command(mnist, "undisturbed"))
    assert done.returncode == 0, done.stdout
    return folder, tables(folder / "undisturbed")


def fails(process: subprocess.Popen) -> str:
    """Wait for the end of a workflow that must not succeed; what it said."""
    said, _ = process.communicate(timeout=DEADLINE)
    assert process.returncode != 0, said
    return said


def sends(project: Path, process: subprocess.Popen, what: signal.Signals) -> None:
    """Send a signal to the training, and wait for the end of the workflow."""
    os.kill(wait_for(lambda: training_process(project)), what)
    fails(process)


def test_the_training_is_killed(undisturbed, mnist):
    project, expected = undisturbed
    sends(project, start(project, mnist, "killed"), signal.SIGKILL)
    goes_on(project, mnist, "killed", expected)


def test_the_training_is_asked_to_end(undisturbed, mnist):
    project, expected = undisturbed
    sends(project, start(project, mnist, "asked"), signal.SIGTERM)
    log = (project / "asked" / "logs" / "train" / f"{RUN}.log").read_text()
    assert re.search(r"was asked to stop; the same command goes on after epoch \d+", log)
    assert "Traceback" not in log
    goes_on(project, mnist, "asked", expected)


def test_snakemake_is_asked_to_end(undisturbed, mnist):
    """It waits for the jobs that run, so that nothing is interrupted."""
    project, expected = undisturbed
    process = start(project, mnist, "ended")
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=DEADLINE)
    assert tables(project / "ended") == expected


def test_snakemake_is_killed_and_its_training_lives_on(undisturbed, mnist):
    """The orphan ends as soon as another training has taken over."""
    project, expected = undisturbed
    process = start(project, mnist, "orphaned")
    process.kill()
    orphan = training_process(project)
    os.kill(orphan, signal.SIGSTOP)  # so that it has not come to its end before the other begins
    process.wait(DEADLINE)
    unlocked = snakemake(project, "--unlock", *command(mnist, "orphaned"))
    assert unlocked.returncode == 0, unlocked.stdout
    with ThreadPoolExecutor(1) as beside:
        woken = beside.submit(wake, orphan, project / "orphaned" / "logs" / "train" / f"{RUN}.log")
        goes_on(project, mnist, "orphaned", expected)
        woken.result()
    process.stdout.close()
    wait_for(lambda: training_process(project) is None)
    assert tables(project / "orphaned") == expected


def wake(orphan: int, log: Path) -> None:
    """Let a stopped process go on as soon as another training has taken over, which the log says."""
    wait_for(lambda: log.exists() and "going on" in log.read_text())
    os.kill(orphan, signal.SIGCONT)


def goes_on(project: Path, mnist: Path, results: str, expected: dict[str, bytes], at_least: int = 3) -> None:
    assert not (project / results / "runs" / RUN / "metrics.csv").exists()
    again = snakemake(project, "--rerun-incomplete", *command(mnist, results))
    assert again.returncode == 0, again.stdout
    log = (project / results / "logs" / "train" / f"{RUN}.log").read_text()
    assert int(re.search(r"going on from the checkpoint after epoch (\d+)", log)[1]) >= at_least
    assert "epoch 1/" not in log
    assert tables(project / results) == expected
    assert not (project / results / "runs" / RUN / "checkpoint").exists()


def test_memory_runs_out(undisturbed, mnist):
    """The kernel refuses the training any further memory, far below what it has; the log says what it asked for."""
    project, expected = undisturbed
    # Arrays come from the kernel then, each anew, instead of from what was freed before.
    process = start(project, mnist, "memory", MALLOC_MMAP_THRESHOLD_="65536")
    training = wait_for(lambda: training_process(project))
    pages = int(Path(f"/proc/{training}/statm").read_text().split()[0])
    resource.prlimit(training, resource.RLIMIT_AS, (pages // 2 * resource.getpagesize(),) * 2)
    said = fails(process)
    assert re.search("MemoryError|allocate", said), said
    goes_on(project, mnist, "memory", expected)


@pytest.mark.parametrize("attempt", [1, *(pytest.param(n, marks=pytest.mark.full) for n in (2, 3, 4, 5))])
def test_the_training_is_killed_in_five_random_epochs(undisturbed, mnist, attempt):
    """Five kills in one training, each of the process that goes on after the one before."""
    project, expected = undisturbed
    results = f"random-{attempt}"
    epochs = sorted(random.Random(results).sample(range(1, 12), 5))
    print(f"SIGKILL in the epochs after {epochs}")
    for epoch in epochs:
        sends(project, start(project, mnist, results, after=epoch), signal.SIGKILL)
    goes_on(project, mnist, results, expected, at_least=epochs[-1])
