"""Projects whose runs tests interrupt, and the plain command that then completes the results."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from helpers import make_run, setting, snakemake
from manifest import manifest

needs_proc = pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="looks for processes in /proc")

DEADLINE = 600  # seconds, on a machine that is busy with something else
UNDISTURBED = "undisturbed"
# What to remove, so that a stage has to run again with all that follows.
OUTPUTS = {
    "fetch": [],
    "train": ["runs", "logs"],
    "frames": ["runs/*/dw.mp4", "comparisons", "players", "report"],
    "video": ["runs/*/dw.mp4", "comparisons", "players", "report"],
    "page": ["report"],
}


def wait_for(condition: Callable[[], object], seconds: float = DEADLINE) -> object:
    """The value of `condition` as soon as it is true; TimeoutError if it does not become so."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if found := condition():
            return found
        time.sleep(0.005)
    raise TimeoutError


def processes(project: Path, rule: str) -> list[int]:
    """The processes that run a rule's script; their command line names a copy of it in this project."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has just ended
            words = (folder / "cmdline").read_bytes().decode().split("\0")
            if len(words) > 1 and words[1].startswith(f"{project}/") and words[1].endswith(f".{rule}.py"):
                found.append(int(folder.name))
    return found


class Workflow:
    """A running Snakemake, in a process group of its own; a file takes its output."""

    def __init__(self, project: Path, arguments: list[str], **environment: str) -> None:
        self._project = project
        self._output = project / f"output-{time.monotonic_ns()}.txt"
        with self._output.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "snakemake", *arguments],
                cwd=project, env=os.environ | environment, stdout=output, stderr=subprocess.STDOUT,
                start_new_session=True, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            )  # fmt: skip

    def wait_until_runs(self, rule: str) -> list[int]:
        """Wait until jobs of a rule run; returns their processes."""
        found = wait_for(lambda: processes(self._project, rule) or self.process.poll() is not None)
        assert found is not True, f"{rule} was not reached: {self.output}"
        return found

    def wait(self, seconds: float = DEADLINE) -> int:
        """Wait for its end; returns the exit code."""
        return self.process.wait(seconds)

    def fails(self) -> None:
        assert self.wait() != 0, self.output

    def kill_all(self) -> None:
        """Kill it and all that it has started."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(DEADLINE)

    @property
    def output(self) -> str:
        return self._output.read_text()


@dataclass(frozen=True)
class OneRun:
    """A copy of the project that trains a single run, by default with a checkpoint after each epoch."""

    project: Path
    mnist: Path
    epochs: int

    @property
    def name(self) -> str:
        return make_run(epochs=self.epochs, batch_size=10, train_images=6000).name

    def arguments(self, results: str, checkpoint: int = 0) -> list[str]:
        experiment = "{one: {title: One, grids: [{batch_size: 10}]}}"
        values = {"epochs": self.epochs, "run": "{train_images: 6000}", "experiments": experiment, "comparisons": "{}"}
        values |= {"data": f"{{dir: {self.mnist}}}", "checkpoint": checkpoint, "results": results}
        return [*setting(**values), "--", f"{results}/runs/{self.name}/dw.npz"]

    def train(self, results: str) -> None:
        done = snakemake(self.project, "--cores", "1", *self.arguments(results))
        assert done.returncode == 0, done.stdout

    def folder(self, results: str) -> Path:
        return self.project / results / "runs" / self.name

    def log(self, results: str) -> str:
        path = self.project / results / "logs" / "train" / f"{self.name}.log"
        return path.read_text() if path.exists() else ""

    def resumed_after(self, results: str) -> int:
        """The epoch whose checkpoint the last training resumed from."""
        return int(re.search(r"going on from the checkpoint after epoch (\d+)", self.log(results))[1])

    def is_as_undisturbed(self, results: str) -> None:
        """The tables have the bytes of the undisturbed training."""
        for name in ("metrics.csv", "units.csv.gz", "batches.csv.gz", "first_steps.csv", "deaths.csv", "dw.npz"):
            assert (self.folder(results) / name).read_bytes() == (self.folder(UNDISTURBED) / name).read_bytes(), name


@dataclass(frozen=True)
class SmallProject:
    """A copy of the project with the smallest configuration, and the digests of its results when nothing goes wrong."""

    project: Path
    mnist: Path
    expected: dict[str, str]

    def arguments(self, results: str | Path) -> list[str]:
        return ["--cores", "2", *setting(results=results, data=f"{{dir: {self.mnist}}}")]

    def start(self, results: str | Path) -> Workflow:
        return Workflow(self.project, self.arguments(results))

    def start_at(self, stage: str, results: str | Path) -> Workflow:
        """Start the workflow with everything before a stage in place; returns when jobs of the stage run."""
        self.prepare(stage, results)
        workflow = self.start(results)
        workflow.wait_until_runs(stage)
        return workflow

    def run(self, results: str | Path, *more: str) -> subprocess.CompletedProcess:
        return snakemake(self.project, *self.arguments(results), *more)

    def prepare(self, stage: str, results: str | Path) -> None:
        """Copy the undisturbed results without what a stage and those after it make."""
        folder = self.project / results
        if stage != "fetch":
            shutil.copytree(self.project / UNDISTURBED, folder, dirs_exist_ok=True)
        for name in OUTPUTS[stage]:
            for path in [*folder.glob(name)]:
                shutil.rmtree(path) if path.is_dir() else path.unlink()

    def unlock(self, results: str | Path) -> None:
        """Unlock the folder as the README says, after Snakemake has said that this is needed."""
        locked = self.run(results)
        assert locked.returncode != 0
        assert "It can be removed with the --unlock argument" in locked.stdout.replace("\n", " ")
        done = snakemake(self.project, "--unlock", *self.arguments(results))
        assert done.returncode == 0, done.stdout

    def trained(self, results: str | Path) -> dict[str, tuple[int, int]]:
        """Inode and time of the metrics of each run that has finished for Snakemake, which an orphan has not."""
        incomplete = {path.name for path in (self.project / ".snakemake" / "incomplete").glob("*")}
        found = {}
        for path in (self.project / results).glob("runs/*/metrics.csv"):
            run = path.parent.name
            if urlsafe_b64encode(f"{results}/runs/{run}/metrics.csv".encode()).decode() not in incomplete:
                found[run] = (path.stat().st_ino, path.stat().st_mtime_ns)
        return found

    def resumes(self, results: str | Path) -> str:
        """Run the plain command again: results are complete, no finished run was trained again. Returns the output."""
        before = self.trained(results)
        again = self.run(results)
        assert again.returncode == 0, again.stdout
        self.is_complete(results)
        after = self.trained(results)
        assert {run: after[run] for run in before} == before, "a finished run was trained again"
        return again.stdout

    def is_complete(self, results: str | Path) -> None:
        differing = self.expected.items() ^ manifest(self.project / results).items()
        assert not differing, sorted(differing)
        assert (self.project / results / "report" / "index.html").read_text().rstrip().endswith("</html>")


def explains(output: str, *words: str) -> None:
    """The output says what is wrong in these words, without a traceback of Snakemake's own code."""
    flat = " ".join(output.split())
    for word in words:
        assert word in flat, output
    assert not re.search(r'File "[^"]*/snakemake/', output), output
    assert "Logging error" not in output, output
