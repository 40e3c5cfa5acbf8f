"""Stitch the dW frames of two runs into one video, side by side, and put a few of them on a contact sheet."""

from pathlib import Path

from dying_relu.files import whole
from dying_relu.logs import log_to
from dying_relu.videos import contact_sheet, make_video

log_to(snakemake.log[0])
folders = [Path(snakemake.input.left), Path(snakemake.input.right)]
with whole(snakemake.output.video) as video, whole(snakemake.output.sheet) as sheet:
    make_video(folders, snakemake.params.titles, video, snakemake.params.frames_per_second)
    contact_sheet(folders, sheet)
