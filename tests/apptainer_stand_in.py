"""What Snakemake asks of the command `apptainer`: run something in a root folder that is not this machine's. For tests.

The image is not what the real one takes, but a JSON file: `mounts`, the folders of its root and where they come from,
and `path`, where its programs are. As with the real one, of this machine's folders only /dev, /proc, /sys and /tmp are
there, and what is asked for by --home and --bind. Needs root. What is run is written to a file beside the image.
"""

import argparse
import json
import shlex
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

VERSION = "apptainer version 1.3.0"
ALWAYS = ("/dev", "/proc", "/sys", "/tmp")


def main(arguments: list[str]) -> int:
    if arguments == ["--version"]:
        print(VERSION)
        return 0
    parser = argparse.ArgumentParser()
    for flag in ("--quiet", "--silent"):
        parser.add_argument(flag, action="store_true")
    parser.add_argument("exec", choices=["exec"])
    parser.add_argument("--home", required=True)
    parser.add_argument("--bind", action="append", default=[])
    parser.add_argument("image", type=Path)
    parser.add_argument("command", nargs=argparse.REMAINDER)
    asked = parser.parse_args(arguments)
    with Path(f"{asked.image}.used").open("a") as used:
        used.write(shlex.join(asked.command) + "\n")
    image = json.loads(asked.image.read_text())
    binds = [*image["mounts"].items(), *((folder, folder) for folder in ALWAYS), (asked.home, asked.home)]
    binds += [(target or source, source) for source, _, target in (bind.partition(":") for bind in asked.bind)]
    with TemporaryDirectory(prefix="root-") as root:
        # Mounts of a namespace of its own: they are gone with the last process in it.
        inside = shlex.join(asked.command)
        script = [f"mkdir -p {quoted} && mount --rbind {shlex.quote(source)} {quoted}"
                  for target, source in binds for quoted in [shlex.quote(root + target)]]  # fmt: skip
        there = f"PATH={shlex.quote(image['path'])} && cd {shlex.quote(asked.home)} && exec {inside}"
        script += [f"exec chroot {root} sh -c {shlex.quote(there)}"]
        command = ["unshare", "--mount", "sh", "-ec", "\n".join(script)]
        return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
