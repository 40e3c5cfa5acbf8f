"""A page that plays one video, for viewers that show HTML only, as Snakemake's own report does."""

import shutil
from pathlib import Path

from jinja2 import Environment, StrictUndefined


def write_player(folder: Path, template: str, title: str, video: Path) -> None:
    """Write `index.html` with a player, and a copy of `video`, into `folder`. `template` is Jinja2's, as text."""
    folder.mkdir(parents=True)
    shutil.copyfile(video, folder / video.name)
    text = Environment(autoescape=True, undefined=StrictUndefined).from_string(template)
    (folder / "index.html").write_text(text.render(title=title, video=video.name), encoding="utf-8")
