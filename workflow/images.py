"""Renew the pictures of README.md and docs/ in docs/images from finished results. `make images` calls it."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml
from snakemake.utils import update_config

from dying_relu.configuration.config import Config, load_config
from dying_relu.configuration.labels import describe
from dying_relu.videos.mosaic import draw_frames
from dying_relu.videos.video import shrunk, still

WIDTH = 900  # pixels
EPOCH = 6  # of the frames that are shown


def make_images(config: Config, folder: Path) -> None:
    """Write the pictures into `folder` from the results folder that `config` names."""
    results = Path(config.settings["results"])
    for name, figure in {"batch_size": "batch_size", "raster": "raster/bn_relu"}.items():
        shrunk(results / "figures" / f"{figure}.png", folder / f"{name}.png", WIDTH)
    runs = config.comparisons["bn_relu"].runs
    with TemporaryDirectory() as name:
        folders = [Path(name) / run.name for run in runs]
        for run, frames in zip(runs, folders, strict=True):
            draw_frames(results / "runs" / run.name / "dw.npz", frames)
        frame = f"epoch-{min(EPOCH, config.settings['epochs']):06d}"
        still(folders, [describe(run) for run in runs], frame, folder / "dw.png")


if __name__ == "__main__":
    settings = {}
    for file in ("config.yaml", sys.argv[1]):
        update_config(settings, yaml.safe_load(Path(file).read_text()))
    make_images(load_config(settings), Path("docs/images"))
