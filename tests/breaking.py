"""What tests call that break a run of the workflow in the middle, and then run the plain command again."""

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

from dying_relu.provenance.manifest import differences, manifest
from helpers import setting, snakemake

DEADLINE = 600  # seconds, of a machine that is busy with something else
UNDISTURBED = "undisturbed"
# What goes, so that a stage has to be done again with all that follows.
MADE = {
    "fetch": [],
    "train": ["runs", "benchmarks"],
    "frames": ["runs/*/dw.mp4", "comparisons", "players", "report"],
    "video": ["runs/*/dw.mp4", "comparisons", "players", "report"],
    "page": ["report"],
}
HAS_PROC = Path("/proc/self/cmdline").exists()


def wait_for(condition: Callable[[], object], seconds: float = DEADLINE) -> object:
    """What `condition` says as soon as it is true."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if found := condition():
            return found
        time.sleep(0.005)
    raise TimeoutError


def processes(project: Path, rule: str) -> list[int]:
    """The processes that run the script of a rule; their command line names a copy of it in this project."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has just ended
            words = (folder / "cmdline").read_bytes().decode().split("\0")
            if len(words) > 1 and words[1].startswith(f"{project}/") and words[1].endswith(f".{rule}.py"):
                found.append(int(folder.name))
    return found


class Started:
    """A Snakemake that runs, in a process group of its own, and what it says, in a file."""

    def __init__(self, project: Path, arguments: list[str]) -> None:
        self._project = project
        self._said = project / f"said-{time.monotonic_ns()}.txt"
        with self._said.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "snakemake", *arguments],
                cwd=project, stdout=output, stderr=subprocess.STDOUT,
                start_new_session=True, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            )  # fmt: skip

    def reaches(self, rule: str) -> list[int]:
        """Wait until jobs of a rule run; their processes."""
        found = wait_for(lambda: processes(self._project, rule) or self.process.poll() is not None)
        assert found is not True, f"{rule} was not reached: {self.said}"
        return found

    def ends(self, within: float = DEADLINE) -> int:
        """Wait for its end, at most so many seconds; its exit code."""
        return self.process.wait(within)

    def end_all(self) -> None:
        """Kill it and all that it has started."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(DEADLINE)

    @property
    def said(self) -> str:
        return self._said.read_text()


@dataclass(frozen=True)
class Small:
    """A copy of the project with the smallest configuration, and what comes out of it when nothing goes wrong."""

    project: Path
    mnist: Path
    expected: dict[str, str]

    def arguments(self, results: str | Path) -> list[str]:
        return ["--cores", "2", *setting(results=results, data=f"{{dir: {self.mnist}}}")]

    def start(self, results: str | Path) -> Started:
        return Started(self.project, self.arguments(results))

    def start_at(self, stage: str, results: str | Path) -> Started:
        """The workflow, as soon as jobs of a stage run; what comes before is there already."""
        self.until(stage, results)
        started = self.start(results)
        started.reaches(stage)
        return started

    def run(self, results: str | Path) -> subprocess.CompletedProcess:
        return snakemake(self.project, *self.arguments(results))

    def until(self, stage: str, results: str | Path) -> None:
        """Let the folder hold what comes before a stage: what was made undisturbed, without what the stage makes."""
        folder = self.project / results
        if stage != "fetch":
            shutil.copytree(self.project / UNDISTURBED, folder, dirs_exist_ok=True)
        for name in MADE[stage]:
            for path in [*folder.glob(name)]:
                shutil.rmtree(path) if path.is_dir() else path.unlink()

    def unlock(self, results: str | Path) -> None:
        """What the README says to do after Snakemake was killed; that it is needed, Snakemake says."""
        locked = self.run(results)
        assert locked.returncode != 0
        assert "It can be removed with the --unlock argument" in locked.stdout.replace("\n", " ")
        done = snakemake(self.project, "--unlock", *self.arguments(results))
        assert done.returncode == 0, done.stdout

    def trained(self, results: str | Path) -> dict[str, tuple[int, int]]:
        """The runs whose training has ended for Snakemake, and which file they have left."""
        marks = {path.name for path in (self.project / ".snakemake" / "incomplete").glob("*")}
        tables = [
            path
            for path in (self.project / results).glob("runs/*/metrics.csv")
            # How Snakemake marks an output whose job has begun and not ended; an orphan may have written it since.
            if urlsafe_b64encode(f"{results}/runs/{path.parent.name}/metrics.csv".encode()).decode() not in marks
        ]
        return {path.parent.name: (path.stat().st_ino, path.stat().st_mtime_ns) for path in tables}

    def goes_on(self, results: str | Path) -> str:
        """Run the plain command again; everything is then as if nothing had happened. Returns what it said."""
        before = self.trained(results)
        again = self.run(results)
        assert again.returncode == 0, again.stdout
        self.is_whole(results)
        after = self.trained(results)
        assert {run: after[run] for run in before} == before, "a finished run was trained again"
        return again.stdout

    def is_whole(self, results: str | Path) -> None:
        assert differences(self.expected, manifest(self.project / results)) == []
        assert (self.project / results / "report" / "index.html").read_text().rstrip().endswith("</html>")

    def refuses_clearly(self, said: str, *words: str) -> None:
        """One says what is wrong in these words, and not by how Snakemake came to trip over it."""
        flat = " ".join(said.split())
        for word in words:
            assert word in flat, said
        assert not re.search(r'File "[^"]*/snakemake/', said), said
        assert "Logging error" not in said, said
