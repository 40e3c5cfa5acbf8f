"""How far trainings come apart on two instruction sets of one processor: write instruction_sets.csv.

A processor with AVX-512 trains the same runs twice with either engine: as it would, and as if it had nothing beyond
AVX2, which the libraries' own switches say. What two seeds differ in on the same instruction set stands beside it.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from itertools import combinations, product
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import torch

from dying_relu.configuration.config import load_config
from dying_relu.data.images import load_images as load_images
from dying_relu.engines.engine import choose, prepare_torch
from dying_relu.io.atomic import atomic_write
from dying_relu.measurements.frame_schedule import FrameSchedule
from dying_relu.training.checkpoints import Checkpoints
from dying_relu.training.train import Outputs, train

ENGINES = {"numba": "fast", "torch": "plain"}
SETS = {
    "AVX-512": {},
    "AVX2": {
        "ATEN_CPU_CAPABILITY": "avx2",
        "MKL_ENABLE_INSTRUCTIONS": "AVX2",
        "ONEDNN_MAX_CPU_ISA": "AVX2",
        "NUMBA_CPU_NAME": "haswell",
        "NUMBA_CPU_FEATURES": "+avx,+avx2,+bmi,+bmi2,+f16c,+fma,+popcnt",
        "NPY_DISABLE_CPU_FEATURES": "AVX512F AVX512CD AVX512_SKX AVX512_CLX AVX512_CNL AVX512_ICL AVX512_SPR",
    },
}
KEYS = ["engine", "batch_norm", "seed", "instructions"]
# What is compared, each the absolute difference of two runs.
MEASURES = ["first_loss", "train_loss_epoch_1", "test_accuracy", "dead_units"]


def train_all(raw: Path, engine: str, epochs: int, seeds: int) -> Iterator[dict]:
    """A row per run, with and without BN, mini-batches of 100, seeds from 1: its values of MEASURES."""
    prepare_torch(1)
    experiments = {"one": {"title": "One", "grids": [{"batch_norm": [True, False]}]}}
    config = load_config({"epochs": epochs, "seeds": list(range(1, seeds + 1)), "experiments": experiments})
    for run in config.runs.values():
        with TemporaryDirectory() as name:
            folder = Path(name)
            outputs = Outputs.within(folder)
            checkpoints = Checkpoints(folder / "checkpoint", {}, seconds=3600)
            images = load_images(raw, run.train_images)
            train(run, images, choose(engine, run), "gradient", FrameSchedule(1, "epoch"), outputs, checkpoints)
            metrics, batches = pd.read_csv(outputs.metrics), pd.read_csv(outputs.batches)
        last = metrics.iloc[-1]
        yield {
            "batch_norm": run.batch_norm,
            "seed": run.seed,
            "first_loss": batches["loss"].iloc[0],
            "train_loss_epoch_1": metrics["train_loss"].iloc[0],
            "test_accuracy": last["test_accuracy"],
            "dead_units": last["dead_units"],
        }


def apart(rows: pd.DataFrame) -> pd.DataFrame:
    """Mean and largest absolute difference of each measure: between instruction sets, and between seeds.

    `rows` has one row per run, with the columns KEYS and MEASURES.
    """
    found = []
    for (engine, bn), runs in rows.groupby(["engine", "batch_norm"], sort=False):
        pairs = [(one, other) for one, other in combinations(runs.to_dict("records"), 2)]
        for between, same in {"instructions": "seed", "seed": "instructions"}.items():
            differences = pd.DataFrame(
                [
                    {measure: abs(one[measure] - other[measure]) for measure in MEASURES}
                    for one, other in pairs
                    if one[same] == other[same]
                ]
            )
            found += [
                {"engine": engine, "batch_norm": bn, "between": between, "difference": statistic}
                | {measure: differences[measure].agg(statistic) for measure in MEASURES}
                for statistic in ("mean", "max")
            ]
    return pd.DataFrame(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--raw", type=Path, required=True, help="the folder MNIST/raw")
    parser.add_argument("--results", type=Path, required=True, help="the folder that the table is written into")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--seeds", type=int, default=3, help="how many")
    parser.add_argument("--engine", choices=ENGINES, help="train with this one here, and tell the rows as JSON")
    arguments = parser.parse_args()
    if arguments.engine:
        rows = list(train_all(arguments.raw, arguments.engine, arguments.epochs, arguments.seeds))
        print(json.dumps({"capability": torch.backends.cpu.get_cpu_capability(), "rows": rows}))
        return
    if torch.backends.cpu.get_cpu_capability() != "AVX512":
        sys.exit(f"instruction_sets.py needs AVX-512; this is {torch.backends.cpu.get_cpu_capability()}")
    rows = []
    for engine, (instructions, switches) in product(ENGINES, SETS.items()):
        done = subprocess.run(
            [sys.executable, __file__, *sys.argv[1:], "--engine", engine],
            env=os.environ | switches, stdout=subprocess.PIPE, text=True, check=True,
        )  # fmt: skip
        said = json.loads(done.stdout.splitlines()[-1])
        if said["capability"] != instructions.replace("-", ""):
            sys.exit(f"PyTorch was told to use {instructions}, but used {said['capability']}")
        rows += [{"engine": ENGINES[engine], "instructions": instructions} | row for row in said["rows"]]
    table = apart(pd.DataFrame(rows))
    print(table.to_string(index=False, float_format="{:.3g}".format))
    with atomic_write(arguments.results / "instruction_sets.csv") as path:
        table.to_csv(path, index=False, float_format="%.6g", lineterminator="\n")


if __name__ == "__main__":
    main()
