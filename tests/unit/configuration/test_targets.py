"""Targets that name no run, experiment or comparison of the configuration."""

import pytest

from dying_relu.configuration.config import load_config
from dying_relu.configuration.targets import unknown_targets

CONFIG = load_config(
    {
        "results": "my results",
        "experiments": {"batch_size": {"title": "Mini-batch", "grids": [{"batch_norm": [True, False]}]}},
        "comparisons": {"bn": {"title": "BN", "left": {"batch_norm": True}, "right": {"batch_norm": False}}},
    }
)
RUN = "bn-relu-b100-s20170523"


@pytest.mark.parametrize(
    ("path", "found", "close"),
    [
        ("runs/bn-relu-b10-s20170523/dw.mp4", "run bn-relu-b10-s20170523", RUN),
        ("players/runs/typo", "run typo", RUN),
        ("comparisons/nb.mp4", "comparison nb", "bn"),
        ("players/comparisons/nb", "comparison nb", "bn"),
        ("outcomes/batchsize.csv", "experiment batchsize", "batch_size"),
        ("figures/batchsize.png", "experiment or comparison batchsize", "batch_size"),
        ("figures/raster/nb.csv.gz", "experiment or comparison nb", "bn"),
    ],
)
@pytest.mark.parametrize("folder", ["my results", "./my results", "elsewhere/../my results"])
def test_what_is_not_there_is_told_with_what_is(folder, path, found, close):
    (line,) = unknown_targets([f"{folder}/{path}"], CONFIG)
    assert line.startswith(f"{folder}/{path}: found {found}, allowed: one of the configuration, as ")
    assert close in line


@pytest.mark.parametrize(
    "target",
    [
        *(f"my results/{path}" for path in ("report", "runs.csv", f"runs/{RUN}/dw.mp4", "figures/batch_size.svg")),
        *(f"my results/{path}" for path in ("comparisons/bn.jpg", "figures/raster/bn.png", "tables/runs.html")),
        *(f"my results/figures/multiverse/{name}" for name in ("matrix.png", "slopes-agree.svg")),
        *("train", "--cores", "8", "results=my results", "runs/typo/dw.mp4", "other/runs/typo/dw.mp4"),
    ],
)
def test_all_else_is_left_to_snakemake(target):
    assert list(unknown_targets([target], CONFIG)) == []
