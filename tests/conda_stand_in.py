"""What Snakemake asks of the command `conda`, done by Rattler, a library that solves and installs conda packages.

For tests only. It runs in .venv-rattler; the command itself is a wrapper, see `conda` in test_conda.py. As with the
real one, CONDA_CHANNEL_ALIAS says where channels lie, and CONDA_PKGS_DIRS where packages are unpacked. What the tests
do not need is not there, and is an error.
"""

import argparse
import asyncio
import json
import os
import shlex
import sys
from pathlib import Path

import rattler
import yaml
from rattler.explicit_environment import ExplicitEnvironmentSpec
from rattler.platform import Subdir
from rattler.shell import ActivationVariables, activate

VERSION = "24.7.1"  # the oldest one that Snakemake takes
EXPLICIT = "@EXPLICIT"


def main(arguments: list[str]) -> None:
    match arguments:
        case ["--version"]:
            print("conda", VERSION)
        case ["info", "--json"]:
            print(json.dumps({"conda_prefix": os.environ["CONDA_STAND_IN"], "platform": str(Subdir.current())}))
        case ["config", "--get", "channel_priority", "--json"]:
            print(json.dumps({"get": {"channel_priority": "strict"}}))
        case ["env", "create", *options] | ["create", *options]:
            create(options)
        case ["clean", "-y", "--tarballs"]:
            for archive in Path(os.environ["CONDA_PKGS_DIRS"]).glob("*.conda"):
                archive.unlink()
        case ["list", "--explicit", "--prefix", prefix]:
            print(EXPLICIT, *(record.url for record in installed(Path(prefix))), sep="\n")
        case ["activation", prefix]:  # not of the real one: what its script `activate` asks for
            print(activate(Path(prefix), ActivationVariables()).script)
        case _:
            sys.exit(f"the stand-in for conda cannot do this: conda {shlex.join(arguments)}")


def create(options: list[str]) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--file", type=Path, required=True)
    parser.add_argument("--prefix", type=Path, required=True)
    for flag in ("--quiet", "--no-default-packages", "--yes"):
        parser.add_argument(flag, action="store_true")
    arguments = parser.parse_args(options)
    asked = arguments.file.read_text()
    solving = explicit(arguments.file) if EXPLICIT in asked else solved(yaml.safe_load(asked))
    asyncio.run(install(solving, arguments.prefix))


async def install(solving, prefix: Path) -> None:
    cache = Path(os.environ["CONDA_PKGS_DIRS"])
    await rattler.install(await solving, prefix, cache_dir=cache, show_progress=False)


async def solved(file: dict) -> list[rattler.RepoDataRecord]:
    """The packages that fulfil an environment file."""
    alias = os.environ["CONDA_CHANNEL_ALIAS"]
    channels = [rattler.Channel(f"{alias}/{name}") for name in file["channels"] if name != "nodefaults"]
    return await rattler.solve(channels, [rattler.MatchSpec(pin) for pin in file["dependencies"]])


async def explicit(file: Path) -> list[rattler.RepoDataRecord]:
    """The packages whose addresses a file lists, which is what freezes an environment."""
    urls = {entry.url for entry in ExplicitEnvironmentSpec.from_path(file).packages}
    alias = os.environ["CONDA_CHANNEL_ALIAS"]
    channels = {rattler.Channel(f"{alias}/{Path(url).parts[-3]}") for url in urls}
    names = {Path(url).name.rsplit("-", 2)[0] for url in urls}  # name-version-build.conda
    known = await rattler.Gateway().query([*channels], [Subdir.current()], sorted(names), recursive=False)
    found = [record for records in known for record in records if record.url in urls]
    if missing := urls - {record.url for record in found}:
        sys.exit(f"not in the channel: {sorted(missing)}")
    return found


def installed(prefix: Path) -> list[rattler.PrefixRecord]:
    records = (prefix / "conda-meta").glob("*.json")
    return [rattler.PrefixRecord.from_path(record) for record in sorted(records)]


if __name__ == "__main__":
    main(sys.argv[1:])
    sys.stdout.flush()
    os._exit(0)  # threads of Rattler live on, and now and then one crashes while Python ends around it
