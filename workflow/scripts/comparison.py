"""Stitch the dW frames of two runs into one video, side by side, and put a few of them on a contact sheet."""

from pathlib import Path

from dying_relu.io.atomic import atomic_write
from dying_relu.io.logs import log_to
from dying_relu.videos.video import contact_sheet, make_video

log_to(snakemake.log[0])
folders = [Path(snakemake.input.left), Path(snakemake.input.right)]
with atomic_write(snakemake.output.video) as video, atomic_write(snakemake.output.sheet) as sheet:
    make_video(folders, snakemake.params.titles, video, snakemake.params.frames_per_second)
    contact_sheet(folders, sheet)
