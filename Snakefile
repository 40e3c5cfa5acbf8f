# The main job: MNIST, eleven trainings, figures, dW videos, the verdicts on the claims, and the report.
# `snakemake --cores 8` does all of it; config.yaml says what is trained.

from snakemake.utils import min_version

min_version("9.27")


configfile: "config.yaml"


include: "workflow/rules/common.smk"


# All outputs lie below the results folder of the configuration.
pathvars:
    results=CONFIG.settings["results"],
    logs="<results>/logs",
    benchmarks="<results>/benchmarks",


report: "workflow/report/captions/workflow.rst"


# For --sdm apptainer. docs/cluster.md says how to build it from envs/Containerfile.
container: "envs/dying-relu.sif"


# In the order in which data flows. Each file opens with what it needs and what it gives.
include: "workflow/rules/data.smk"
include: "workflow/rules/training.smk"
include: "workflow/rules/tables.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/videos.smk"
include: "workflow/rules/claims.smk"
include: "workflow/rules/report.smk"


rule all:
    """Make everything."""

    # Every result, not only the last ones: what is missing, by a failed job or by hand, is made again.
    input:
        data_there(),
        expand("<results>/runs/{run}/{output}", run=CONFIG.runs, output=TRAINED.values()),
        FINISHED,
        FOLDERS,
        "<results>/provenance.json",
        expand("<results>/figures/{experiment}.png", experiment=CONFIG.experiments),
        expand("<results>/outcomes/{experiment}.csv", experiment=SWEEPS),
        expand("<results>/figures/{kind}/{name}.png", kind=captions.OF_EXPERIMENTS, name=CURVES),
        expand("<results>/figures/{kind}/{name}.png", kind=captions.OF_COMPARISONS, name=CONFIG.comparisons),
        expand("<results>/runs/{run}/accuracy.png", run=CONFIG.drawn),
        expand("<results>/tables/{table}.html", table=TABLES),
