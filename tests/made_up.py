"""Results of networks that were never trained: quick to make, and known in every number and pixel."""

import json
from contextlib import closing
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image

from dying_relu.claims.claims import all_claims
from dying_relu.claims.verdicts import judge
from dying_relu.configuration.config import Config, load_config
from dying_relu.configuration.run import Run
from dying_relu.io.columns import CLAIMS_SEEDS, METRICS
from dying_relu.io.writers import NpzWriter
from dying_relu.provenance.provenance import collect, environment
from dying_relu.report import captions
from dying_relu.report.page import write_page
from dying_relu.report.player import SPRITES
from dying_relu.tables.overview import final_table, runs_table
from dying_relu.videos.sprites import draw_sprites
from helpers import ROOT

UNITS, EPOCHS = 16, 12  # the squares form four rows of four
DIVERGED = {200: 1, 500: 6}  # mini-batch sizes whose runs diverge, and the epoch in which they do
MARKUP = '<script>alert("it\'s a title")</script>'
FIGURE = '<svg xmlns="http://www.w3.org/2000/svg" width="900" height="500"><title>{name}</title></svg>'


def made_up_config(**settings) -> Config:
    """Two seeds of five networks, two of which diverge, with markup in the titles; `settings` replace these."""
    grids = [{"batch_norm": [True, False]}, {"batch_size": [10, 200, 500]}]
    return load_config(
        {
            "seeds": 2,
            "epochs": EPOCHS,
            "run": {"hidden": [UNITS]},
            "experiments": {"one": {"title": MARKUP, "grids": grids}},
            "comparisons": {"pair": {"title": MARKUP, "left": {"batch_norm": True}, "right": {"batch_norm": False}}},
        }
        | settings
    )


def brightness(run: Run, frame: int) -> int:
    """The brightness of all squares of a frame: growing from frame to frame with BN, falling without."""
    return 15 + 20 * frame if run.batch_norm else 240 - 20 * frame


def code(unit: int) -> int:
    """The brightness of the upper left quarter of a unit's square."""
    return 10 + 15 * unit


def squares(run: Run, frame: int) -> NDArray[np.uint8]:
    """All squares of a frame, uint8 `[units, 784]`; they show the frame, and in a quarter the unit."""
    pixels = np.full((UNITS, 28, 28), brightness(run, frame), np.uint8)
    pixels[:, :14, :14] = np.array([code(unit) for unit in range(UNITS)])[:, None, None]
    return pixels.reshape(UNITS, 784)


def made_up_page(folder: Path, config: Config) -> Path:
    """Write results and a report from them into `folder`; returns its page."""
    results = made_up_results(folder, config)
    write_page(folder / "report", config, results)
    return folder / "report" / "index.html"


def made_up_results(folder: Path, config: Config) -> Path:
    """Write all results that the report reads into `folder`; returns the results folder."""
    results = folder / "results"
    names = [f"figures/{name}" for name in config.experiments]
    names += [f"figures/{kind}/{name}" for kind in captions.OF_EXPERIMENTS for name in config.experiments]
    names += [f"figures/{kind}/{name}" for kind in captions.OF_COMPARISONS for name in config.comparisons]
    for name in [*names, *(f"runs/{run}/accuracy" for run in config.runs)]:
        (results / name).parent.mkdir(parents=True, exist_ok=True)
        (results / f"{name}.svg").write_text(FIGURE.format(name=name))
        (results / f"{name}.csv.gz").touch()
    (results / "comparisons").mkdir()
    for name in config.comparisons:
        Image.new("L", (400, 200)).save(results / "comparisons" / f"{name}.jpg")
    random = np.random.default_rng(1)
    metrics = {run.name: _write_run(run, results / "runs" / run.name, random) for run in config.runs.values()}
    final_table(metrics).to_csv(results / "final.csv", index=False)
    runs_table({run: config.experiments_of(run) for run in config.runs.values()}).to_csv(results / "runs.csv")
    _claims().to_csv(results / "claims.csv", index=False)
    pd.DataFrame(columns=CLAIMS_SEEDS).to_csv(results / "claims_seeds.csv", index=False)
    environments = dict.fromkeys(config.runs, environment() | {"engine": "TorchEngine"})
    provenance = collect(ROOT, config.portable, environments, ["mnist"])
    (results / "provenance.json").write_text(json.dumps(provenance))
    return results


def _write_run(run: Run, folder: Path, random: np.random.Generator) -> pd.DataFrame:
    """Write the tables and frames of a run; returns its metrics."""
    diverged = DIVERGED.get(run.batch_size)
    complete = diverged - 1 if diverged else run.epochs
    with closing(NpzWriter(folder / "dw.npz")) as frames:
        for frame in range(complete):
            frames.append(f"epoch-{frame + 1:06d}", squares(run, frame))
        if diverged:
            frames.append(f"epoch-{diverged:06d}-diverged", np.zeros((UNITS, 784), np.uint8))
    draw_sprites(folder / "dw.npz", folder / SPRITES)
    rows = complete * UNITS
    epochs, unit_numbers = np.divmod(np.arange(rows), UNITS)
    units = pd.DataFrame({"epoch": epochs + 1, "unit": unit_numbers, "layer": 1})
    units["active_fraction"] = random.integers(0, 10_001, rows) / 10_000
    units["dw_min"], units["dw_max"] = -(random.random(rows) ** 9), random.random(rows) ** 9
    units["background"] = 255 * random.random(rows)
    units["dead"], units["inactive"], units["dark"] = random.integers(0, 2, (3, rows))
    units.to_csv(folder / "units.csv.gz", index=False)
    shares = [name for name in METRICS[1:] if not name.endswith("units")]  # losses, too
    metrics = pd.DataFrame(random.integers(9_000, 10_001, (complete, len(shares))) / 10_000, columns=shares)
    metrics[["dead_units", "inactive_units", "dark_units"]] = random.integers(0, 9, (complete, 3))
    if diverged:
        metrics = metrics.reindex(range(diverged))  # a row without numbers
    metrics.insert(0, "epoch", range(1, len(metrics) + 1))
    metrics.to_csv(folder / "metrics.csv", index=False)
    return metrics


def _claims() -> pd.DataFrame:
    """`claims.csv` in which one claim was tested, with both evaluations, which differ in sign and verdict."""
    claims = pd.DataFrame([judge(claim, how, []) for claim in all_claims() for how in claim.evaluations])
    first = (claims["claim"] == "bn-lowers-test-accuracy").idxmax()
    columns = ["measured", "low", "high", "seeds", "verdict", "details"]
    claims.loc[first, columns] = 0.0012, 0.0005, 0.0019, 2, "reproduced", "test accuracy: 0.12 points"
    claims.loc[first + 1, columns] = -0.0034, -0.0040, -0.0030, 2, "not reproduced", "test accuracy: -0.34 points"
    return claims
