"""Figures of earlier configurations leave; runs, and files of somebody else, stay."""

from dying_relu.configuration.config import load_config
from dying_relu.report.leftovers import remove_leftovers

CONFIG = load_config(
    {
        "experiments": {"one": {"title": "One", "grids": [{"batch_norm": [True, False]}]}},
        "comparisons": {"pair": {"title": "BN", "left": {"batch_norm": True}, "right": {"batch_norm": False}}},
    }
)
# `pair` was an experiment before, and `one` a comparison: the names alone do not tell what is left.
LOGS = ["experiment_figures/one", "experiment_figures/pair", "sweep_figure/grid", "comparison_figures/pair"]
LOGS += ["comparison/pair", "comparison_figures/one", "comparison/one"]
KEPT = {"figures/one.png", "figures/units/one.svg", "figures/raster/pair.csv.gz", "comparisons/pair.mp4"}
KEPT |= {"players/comparisons/pair/index.html", "figures/mine.png", "runs/old/dw.mp4", "players/runs/old/index.html"}
LEFT = {"figures/pair.png", "figures/pair.svg", "figures/units/pair.png", "figures/grid.svg", "outcomes/grid.csv"}
LEFT |= {
    "figures/raster/one.csv.gz",
    "comparisons/one.mp4",
    "comparisons/one.jpg",
    "players/comparisons/one/index.html",
}


def test_what_the_configuration_lacks_is_removed(tmp_path):
    logs = {f"logs/{name}.log" for name in LOGS}
    for name in KEPT | LEFT | logs:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    remove_leftovers(tmp_path, CONFIG)
    assert {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()} == KEPT | logs
