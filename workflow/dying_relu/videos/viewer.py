"""A page that plays one video, for viewers that show HTML only, as Snakemake's own report does."""

import shutil
from html import escape
from pathlib import Path

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>{title}</title>
<style>body {{ font-family: sans-serif; margin: 1rem; }} video {{ max-width: 100%; }}</style>
<h1>{title}</h1>
<video controls loop muted playsinline src="{video}"></video>
</html>
"""


def write_viewer(folder: Path, title: str, video: Path, name: str) -> None:
    """Write `index.html`, which plays a copy of `video` under the name `name`, into `folder`, which is made."""
    folder.mkdir(parents=True)
    shutil.copyfile(video, folder / name)
    (folder / "index.html").write_text(PAGE.format(title=escape(title), video=escape(name)), encoding="utf-8")
