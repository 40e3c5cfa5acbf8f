"""Train a configuration twice, under different circumstances, and compare the digests of all results.

    python workflow/verify/twice.py --raw results/data/MNIST/raw --results results/verify

writes `first.sha256` and `second.sha256`, which `sha256sum --check` reads, and ends with 1 where they differ.
"""

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

from dying_relu.manifest import differences, manifest

# Everything that a result could depend on by mistake. The second time, compiled code is made anew, too.
SECOND = {"TZ": "Asia/Tokyo", "LC_ALL": "C", "PYTHONHASHSEED": "7", "OMP_NUM_THREADS": "3"}
CIRCUMSTANCES = "folder, cores (2, 1), time zone, locale, hash seed, threads asked for, compiled code"


def run(configuration: Path, raw: Path, results: Path, cores: int, environment: dict[str, str]) -> None:
    """Run the whole workflow into the folder `results`. Raises CalledProcessError, after Snakemake has said why."""
    settings = [f"results={results}", f"data={{dir: {raw.resolve()}}}"]
    command = [sys.executable, "-m", "snakemake", "--cores", str(cores), "--configfile", str(configuration)]
    subprocess.run([*command, "--config", *settings], env=os.environ | environment, check=True)


def write(digests: dict[str, str], path: Path) -> None:
    path.write_text("".join(f"{digest}  {name}\n" for name, digest in digests.items()))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--raw", type=Path, required=True, help="the folder with the four files of MNIST")
    parser.add_argument("--results", type=Path, required=True, help="the folder that both results go into")
    parser.add_argument("--configfile", type=Path, default=Path("tests/configs/quick.yaml"))
    given = parser.parse_args()
    first, second = given.results / "first", given.results / "the second time"
    for folder in (first, second):
        shutil.rmtree(folder, ignore_errors=True)
    run(given.configfile, given.raw, first, 2, {})
    anew = {"NUMBA_CACHE_DIR": str((second / "logs" / "compiled").resolve())}
    run(given.configfile, given.raw, second, 1, SECOND | anew)
    digests = {"first": manifest(first), "second": manifest(second)}
    for name, found in digests.items():
        write(found, given.results / f"{name}.sha256")
    differing = differences(*digests.values())
    print(f"Compared {len(digests['first'])} files in {first} and {second}, by SHA-256; other was: {CIRCUMSTANCES}.")
    print(*differing, sep="\n", end="\n" * bool(differing))
    print(f"{len(differing)} differ." if differing else "All are equal.")
    return int(bool(differing))


if __name__ == "__main__":
    sys.exit(main())
