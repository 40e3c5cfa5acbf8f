"""Run the quick configuration twice, under different circumstances, and compare all results file by file."""

import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from dying_relu.io.atomic import atomic_write
from dying_relu.provenance.manifest import differences, manifest
from measure.pinned import MeasurementError

QUICK = "tests/configs/quick.yaml"
# These can change the order of things, how a number or a date is written, or the order in which sums are added up.
ELSEWHERE = {
    "TZ": "Asia/Kathmandu",
    "LC_ALL": "C",
    "PYTHONUTF8": "0",
    "PYTHONHASHSEED": "7",
    "OMP_NUM_THREADS": "2",
    "MKL_NUM_THREADS": "2",
    "NUMBA_NUM_THREADS": "1",
}


def run(raw: Path, folder: Path) -> int:
    """Run the workflow twice, say how the results differ, and return the exit code, 1 where they do.

    The second run has another folder, number of cores, time zone, locale and hash seed. Both manifests stay in
    `folder`, as `sha256sum` writes them; the results stay where they differ. Raises MeasurementError when a run fails.
    """
    folders = [folder / "first", folder / "the second"]  # with a space, as people have it
    cores = os.cpu_count() or 1
    first = run_workflow(folders[0], raw, cores, {"PYTHONHASHSEED": "0"})
    second = run_workflow(folders[1], raw, 1 if cores > 1 else 2, ELSEWHERE)
    write_manifest(first, folder / "first.sha256")
    write_manifest(second, folder / "second.sha256")
    text, code = verdict(first, second)
    if code == 0:
        for results in folders:
            shutil.rmtree(results)
    print(f"{text}\nThe manifests: {folder}/first.sha256 and second.sha256")
    return code


def run_workflow(results: Path, raw: Path, cores: int, environment: Mapping[str, str]) -> dict[str, str]:
    """Run the workflow in the current folder into `results`, which is made anew; returns the manifest."""
    shutil.rmtree(results, ignore_errors=True)
    command = [sys.executable, "-m", "snakemake", "--cores", str(cores), "--configfile", QUICK]
    command += ["--config", f"results={results}", f"data={{dir: {raw.resolve()}}}"]
    done = subprocess.run(
        command, env=os.environ | environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    if done.returncode:
        raise MeasurementError(done.stdout.decode(errors="replace"))
    return manifest(results)


def write_manifest(found: Mapping[str, str], path: Path) -> None:
    """Write a manifest, so that `sha256sum --check` can read it in the folder that it is about."""
    with atomic_write(path) as aside:
        aside.write_text("".join(f"{digest}  {name}\n" for name, digest in found.items()), encoding="utf-8")


def verdict(first: Mapping[str, str], second: Mapping[str, str]) -> tuple[str, int]:
    """What two manifests say about each other, in words, and the exit code: 1 where they differ, or are empty."""
    if not first:
        return "nothing was compared: there are no results", 1
    if differing := differences(first, second):
        return f"{len(differing)} of {len(first | second)} files differ:\n  " + "\n  ".join(differing), 1
    kinds = Counter("".join(Path(name).suffixes[-1 - name.endswith(".gz") :]) or name for name in first)
    counted = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    return f"all {len(first)} files are equal, byte for byte: {counted}", 0
