"""Measure something for the documents, and write it into the results folder that config.yaml names.

benchmark: the training engines and their peers, side by side. growth: time and memory against the size of network and
data. planning: what Snakemake takes to plan ten thousand runs. verify: whether the same configuration gives the same
bytes.
"""

import argparse
import sys
from pathlib import Path

import yaml

from dying_relu.configuration.config import load_config
from dying_relu.data.download import fetch
from measure import benchmark, growth, planning, verify
from measure.pinned import MeasurementError


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="measure", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["benchmark", "growth", "planning", "verify"])
    parser.add_argument("--rounds", type=int, default=3, help="measurements of each point of benchmark and growth")
    parser.add_argument("--dense", action="store_true", help="benchmark where no input is zero, and deeper networks")
    options = parser.parse_args()
    settings = load_config(yaml.safe_load(Path("config.yaml").read_text())).settings
    results = Path(settings["results"])
    raw = results / "data" / "MNIST" / "raw"
    if options.what != "planning":
        fetch(raw, settings["data"]["dir"], settings["data"]["timeout"])
    try:
        if options.what == "benchmark":
            benchmark.run(raw, results, options.rounds, options.dense)
        elif options.what == "growth":
            growth.run(raw, results, options.rounds)
        elif options.what == "planning":
            planning.run(results / "planning")
        else:
            return verify.run(raw, results / "verify")
    except MeasurementError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
