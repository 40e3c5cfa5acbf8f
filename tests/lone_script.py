"""Run the script of a rule in an environment that has no Snakemake: python lone_script.py SCRIPT JOB.json

The job comes from `job_of`, which another Python calls with the script's real `snakemake` object.
"""

import json
import runpy
import sys
from pathlib import Path
from types import SimpleNamespace

LISTS = ("input", "output", "params", "wildcards", "log")
PLAIN = ("threads", "config")


class Named(list):
    """A list, some of whose items have names."""

    def __init__(self, values: list, names: dict):
        super().__init__(values)
        self._names = names

    def __getitem__(self, item: str | int):
        return self._names[item] if isinstance(item, str) else super().__getitem__(item)

    def __getattr__(self, name: str):
        try:
            return self._names[name]
        except KeyError:
            raise AttributeError(name) from None

    def items(self):
        return self._names.items()


def job_of(snakemake) -> dict:
    """What a script may ask of its job, as JSON can hold it."""
    lists = {name: [list(getattr(snakemake, name)), dict(getattr(snakemake, name).items())] for name in LISTS}
    return lists | {name: getattr(snakemake, name) for name in PLAIN}


def main(script: str, job: str) -> None:
    loaded = json.loads(Path(job).read_text())
    lists = {name: Named(*loaded[name]) for name in LISTS}
    plain = {name: loaded[name] for name in PLAIN}
    runpy.run_path(script, {"snakemake": SimpleNamespace(**lists, **plain)}, "__main__")


if __name__ == "__main__":
    main(*sys.argv[1:])
