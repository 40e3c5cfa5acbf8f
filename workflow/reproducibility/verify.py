"""Train the quick configuration twice, under different circumstances, and compare all results file by file.

The second time in another folder, on another number of cores, in another time zone, with another locale and another
hash seed. Both manifests, as `sha256sum` writes them, lie below `verify/` in the results folder; where they differ,
what was compared is kept beside them, the files that differ are named, and the exit code is 1.
"""

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from dying_relu.io.atomic import atomic_write
from dying_relu.provenance.manifest import differences, manifest

QUICK = "tests/configs/quick.yaml"
# Which all have a say in the order of things, in what a number or a date looks like, or in who adds up what.
ELSEWHERE = {
    "TZ": "Asia/Kathmandu",
    "LC_ALL": "C",
    "PYTHONUTF8": "0",
    "PYTHONHASHSEED": "7",
    "OMP_NUM_THREADS": "2",
    "MKL_NUM_THREADS": "2",
    "NUMBA_NUM_THREADS": "1",
}


class WorkflowError(RuntimeError):
    """Snakemake ended with an error; the message is what it said."""


def run(results: Path, raw: Path, cores: int, configfile: str, environment: Mapping[str, str]) -> dict[str, str]:
    """Run the workflow in the current folder into `results`, which is made anew; the manifest of what comes out."""
    shutil.rmtree(results, ignore_errors=True)
    command = [sys.executable, "-m", "snakemake", "--cores", str(cores), "--configfile", configfile]
    command += ["--config", f"results={results}", f"data={{dir: {raw.resolve()}}}"]
    done = subprocess.run(
        command, env=os.environ | environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    if done.returncode:
        raise WorkflowError(done.stdout.decode(errors="replace"))
    return manifest(results)


def write(found: Mapping[str, str], path: Path) -> None:
    """Write a manifest, so that `sha256sum --check` can read it in the folder that it is about."""
    with atomic_write(path) as aside:
        aside.write_text("".join(f"{digest}  {name}\n" for name, digest in found.items()), encoding="utf-8")


def verdict(first: Mapping[str, str], second: Mapping[str, str]) -> tuple[str, int]:
    """What two manifests say about each other, in words, and the exit code: 1 where they differ, or are empty."""
    if not first:
        return "nothing was compared: there are no results", 1
    if differing := differences(first, second):
        return f"{len(differing)} of {len(first | second)} files differ:\n  " + "\n  ".join(differing), 1
    kinds: dict[str, int] = {}
    for name in first:
        kind = "".join(Path(name).suffixes[-2:]) if name.endswith(".gz") else Path(name).suffix
        kinds[kind or name] = kinds.get(kind or name, 0) + 1
    counted = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    return f"all {len(first)} files are equal, byte for byte: {counted}", 0


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--raw", type=Path, required=True, help="the folder MNIST/raw")
    parser.add_argument("--results", type=Path, required=True, help="the results folder")
    parser.add_argument("--configfile", default=QUICK, help="what is trained")
    arguments = parser.parse_args(words)
    home = arguments.results / "verify"
    folders = [home / "first", home / "the second"]  # with a space, as people have it
    cores = os.cpu_count() or 1
    try:
        first = run(folders[0], arguments.raw, cores, arguments.configfile, {"PYTHONHASHSEED": "0"})
        second = run(folders[1], arguments.raw, 1 if cores > 1 else 2, arguments.configfile, ELSEWHERE)
    except WorkflowError as error:
        print(error, file=sys.stderr)
        return 1
    for found, name in ((first, "first"), (second, "second")):
        write(found, home / f"{name}.sha256")
    text, code = verdict(first, second)
    if code == 0:
        for folder in folders:
            shutil.rmtree(folder)
    print(f"{text}\nThe manifests: {home}/first.sha256 and second.sha256")
    return code


if __name__ == "__main__":
    sys.exit(main())
