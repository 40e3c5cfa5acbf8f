"""Results of networks that were never trained: small, quick to make, and known in every number and pixel."""

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
from dying_relu.io.writers import NpzWriter
from dying_relu.provenance.provenance import collect, environment
from dying_relu.report import captions
from dying_relu.report.page import write_page
from dying_relu.tables.overview import final_table, runs_table
from dying_relu.videos.sprites import draw_sprites
from helpers import ROOT

UNITS, EPOCHS = 16, 12  # four squares in a row
DIVERGED = {200: 1, 500: 6}  # mini-batch sizes whose runs diverge, and in which epoch
MARKUP = '<script>alert("it\'s a title")</script>'


def made_up_config() -> Config:
    """Two seeds of five networks, two of which will have diverged, with markup in the titles."""
    return load_config(
        {
            "seeds": 2,
            "epochs": EPOCHS,
            "run": {"hidden": [UNITS]},
            "experiments": {
                "one": {"title": MARKUP, "grids": [{"batch_norm": [True, False]}, {"batch_size": [10, 200, 500]}]},
            },
            "comparisons": {"pair": {"title": MARKUP, "left": {"batch_norm": True}, "right": {"batch_norm": False}}},
        }
    )


def brightness(run: Run, frame: int) -> int:
    """How bright all squares of a frame are: brighter with each frame with BN, darker without."""
    return 15 + 20 * frame if run.batch_norm else 240 - 20 * frame


def code(unit: int) -> int:
    """How bright the upper left quarter of a unit's square is."""
    return 10 + 15 * unit


def squares(run: Run, frame: int) -> NDArray[np.uint8]:
    """All squares of a frame, uint8 `[units, 784]`: which frame it is, and in a quarter which unit."""
    drawn = np.full((UNITS, 28, 28), brightness(run, frame), np.uint8)
    drawn[:, :14, :14] = np.array([code(unit) for unit in range(UNITS)])[:, None, None]
    return drawn.reshape(UNITS, 784)


def made_up_page(folder: Path) -> Path:
    """Write results into `folder` and a report from them; returns its page."""
    config, results = made_up_config(), folder / "results"
    figures = [f"figures/{name}" for name in config.experiments]
    figures += [f"figures/{kind}/{name}" for kind in captions.OF_EXPERIMENTS for name in config.experiments]
    figures += [f"figures/{kind}/{name}" for kind in captions.OF_COMPARISONS for name in config.comparisons]
    figures += [f"runs/{run}/accuracy" for run in config.runs]
    for name in figures:
        (results / name).parent.mkdir(parents=True, exist_ok=True)
        drawing = (
            '<svg xmlns="http://www.w3.org/2000/svg" width="900" height="500"><rect width="900" height="500"/></svg>'
        )
        (results / f"{name}.svg").write_text(drawing)
        (results / f"{name}.csv.gz").touch()
    (results / "comparisons").mkdir()
    Image.new("L", (400, 200)).save(results / "comparisons" / "pair.jpg")
    numbers = np.random.default_rng(1)
    metrics = {run.name: _run(run, results / "runs" / run.name, numbers) for run in config.runs.values()}
    final_table(metrics).to_csv(results / "final.csv", index=False)
    runs_table({run: config.experiments_of(run) for run in config.runs.values()}).to_csv(results / "runs.csv")
    claims = pd.DataFrame([judge(claim, how, []) for claim in all_claims() for how in claim.evaluations])
    claims.to_csv(results / "claims.csv", index=False)
    trained = dict.fromkeys(config.runs, environment() | {"engine": "TorchEngine"})
    provenance = collect(ROOT, config.portable, trained, ["mnist"])
    write_page(folder / "report", ROOT / "workflow" / "report" / "index.html.jinja", config, results, provenance)
    return folder / "report" / "index.html"


def _run(run: Run, folder: Path, numbers: np.random.Generator) -> pd.DataFrame:
    folder.mkdir(parents=True, exist_ok=True)
    diverged = DIVERGED.get(run.batch_size)
    complete = diverged - 1 if diverged else EPOCHS
    with closing(NpzWriter(folder / "dw.npz")) as archive:
        for frame in range(complete):
            archive.append(f"epoch-{frame + 1:06d}", squares(run, frame))
        if diverged:
            archive.append(f"epoch-{diverged:06d}-diverged", np.zeros((UNITS, 784), np.uint8))
    draw_sprites(folder / "dw.npz", folder / "sprites")
    rows = complete * UNITS
    units = pd.DataFrame(
        {"epoch": np.repeat(np.arange(1, complete + 1), UNITS), "unit": np.tile(np.arange(UNITS), complete)}
    )
    units["layer"] = 1
    units["active_fraction"] = numbers.integers(0, 10_001, rows) / 10_000
    units["dw_min"], units["dw_max"] = -(numbers.random(rows) ** 9), numbers.random(rows) ** 9
    units["background"] = 255 * numbers.random(rows)
    units["dead"], units["inactive"], units["dark"] = numbers.integers(0, 2, (3, rows))
    units.to_csv(folder / "units.csv.gz", index=False)
    shares = ["train_accuracy", "test_accuracy", "test_accuracy_batch_statistics", "perfect_batches"]
    metrics = pd.DataFrame(numbers.integers(9_000, 10_001, (complete, 4)) / 10_000, columns=shares)
    metrics[["dead_units", "inactive_units", "dark_units"]] = numbers.integers(0, 9, (complete, 3))
    metrics.insert(0, "epoch", range(1, complete + 1))
    if diverged:
        metrics.loc[complete, "epoch"] = diverged
        metrics["epoch"] = metrics["epoch"].astype(int)
    metrics.to_csv(folder / "metrics.csv", index=False)
    return metrics
