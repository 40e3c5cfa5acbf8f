"""What Snakemake asks of the command `conda`, with virtual environments and the index of Python packages instead.

An environment holds what its file pins, at the same versions, with what that depends on. Not tried in this way: conda's
solver, the version of the interpreter, and packages that are not Python's.
"""

import subprocess
import sys
import sysconfig
from pathlib import Path

NO_PYTHON_PACKAGES = {"python", "ffmpeg"}  # imageio-ffmpeg brings an ffmpeg along
# Snakemake appends its own packages to the path of every script. Only itself may be imported from there; besides, each
# script leaves its name in the environment that it ran in.
SITE_CUSTOMIZE = """
import atexit, sys
from importlib.machinery import PathFinder

class Isolated(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if path is None and not name.startswith("snakemake"):
            path = [folder for folder in sys.path if folder != {outside!r}]
        return PathFinder.find_spec(name, path, target)

sys.meta_path[sys.meta_path.index(PathFinder)] = Isolated
atexit.register(lambda: open(sys.prefix + "/ran.txt", "a").write(sys.argv[0] + "\\n"))
"""


def create(file: Path, prefix: Path) -> None:
    """Make the environment that a file describes."""
    from environments import PYPI, pins  # loads PyTorch, which the other commands do without

    # Three times =, lest another build of the same version be taken, which does not fit the others.
    packages = [f"{PYPI.get(name, name)}==={version}" for name, (version, _) in pins(file).items()
                if name not in NO_PYTHON_PACKAGES]  # fmt: skip
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", prefix], check=True)
    pip = [sys.executable, "-m", "pip", "--python", prefix / "bin" / "python"]
    subprocess.run([*pip, "install", "--quiet", "--quiet", *packages], check=True)
    (site,) = prefix.glob("lib/python*/site-packages")
    (site / "sitecustomize.py").write_text(SITE_CUSTOMIZE.format(outside=sysconfig.get_path("purelib")))


if __name__ == "__main__":
    match sys.argv[1:]:
        case [*_, "--version"]:
            print("conda 24.7.1")  # the oldest that Snakemake takes
        case [home, "info", "--json"]:
            print(f'{{"conda_prefix": "{home}", "platform": "linux-64"}}')
        case [_, "config", "--get", "channel_priority", "--json"]:
            print('{"get": {"channel_priority": "strict"}}')
        case [_, "env", "create", *_, "--file", file, "--prefix", prefix]:
            create(Path(file), Path(prefix))
        case [_, "clean", *_]:
            pass
        case unknown:
            sys.exit(f"the stand-in for conda cannot do this: {unknown}")
