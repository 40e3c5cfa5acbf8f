# Needs: the configuration, and the tables of the runs. Gives: tables over many runs.


rule overview:
    """Tabulate all runs: their parameters, and their last epoch."""
    input:
        metrics=expand("<results>/runs/{run}/metrics.csv", run=CONFIG.runs),
    output:
        runs="<results>/runs.csv",
        final="<results>/final.csv",
    log:
        "<logs>/overview.log",
    benchmark:
        "<benchmarks>/overview.tsv"
    conda:
        "../../envs/figures.yaml"
    resources:
        **growing(mem_mb=500, runtime=5),
    params:
        code=library("overview"),
        runs=[run.parameters() for run in CONFIG.runs.values()],
        experiments=[CONFIG.experiments_of(run) for run in CONFIG.runs.values()],
    script:
        "../scripts/overview.py"


rule outcomes:
    """Tabulate what each run of an experiment arrives at."""
    input:
        initial=lambda wildcards: of_experiment(wildcards.experiment, "initial.csv"),
        metrics=lambda wildcards: of_experiment(wildcards.experiment, "metrics.csv"),
        units=lambda wildcards: of_experiment(wildcards.experiment, "units.csv.gz"),
    output:
        table="<results>/outcomes/{experiment}.csv",
    log:
        "<logs>/outcomes/{experiment}.log",
    benchmark:
        "<benchmarks>/outcomes/{experiment}.tsv"
    conda:
        "../../envs/figures.yaml"
    resources:
        **growing(mem_mb=1000, runtime=10),
    params:
        code=library("outcomes"),
        runs=lambda wildcards: [run.name for run in CONFIG.experiments[wildcards.experiment].runs],
    script:
        "../scripts/outcomes.py"
