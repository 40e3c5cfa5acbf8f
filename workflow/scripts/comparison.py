"""Stitch the dW frames of two runs into one video, side by side, and put a few of them on a contact sheet."""

from pathlib import Path

from dying_relu.io.job import job
from dying_relu.videos.video import contact_sheet, make_video
from dying_relu.videos.viewer import write_viewer

with job(snakemake) as outputs:
    folders = [Path(snakemake.input.left), Path(snakemake.input.right)]
    make_video(folders, snakemake.params.titles, outputs["video"], snakemake.params.frames_per_second)
    contact_sheet(folders, outputs["sheet"])
    write_viewer(outputs["viewer"], snakemake.params.title, outputs["video"], Path(snakemake.output.video).name)
