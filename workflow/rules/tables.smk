# Needs: the configuration, and the runs' metrics. Gives: tables over all runs.


rule runs:
    input:
        code=library("runs"),
    output:
        "<results>/runs.csv",
    log:
        "<logs>/runs.log",
    benchmark:
        "<benchmarks>/runs.tsv"
    conda:
        "../../envs/figures.yaml"
    resources:
        mem_mb=growing(500),
        runtime=growing(5),
    params:
        runs=[run.parameters() for run in CONFIG.runs.values()],
        experiments=[CONFIG.experiments_of(run) for run in CONFIG.runs.values()],
    script:
        "../scripts/runs.py"


rule outcomes:
    input:
        initial=lambda wildcards: of_experiment(wildcards.experiment, "initial.csv"),
        metrics=lambda wildcards: of_experiment(wildcards.experiment, "metrics.csv"),
        units=lambda wildcards: of_experiment(wildcards.experiment, "units.csv.gz"),
        code=library("outcomes"),
    output:
        "<results>/outcomes/{experiment}.csv",
    log:
        "<logs>/outcomes/{experiment}.log",
    benchmark:
        "<benchmarks>/outcomes/{experiment}.tsv"
    conda:
        "../../envs/figures.yaml"
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        runs=lambda wildcards: [run.name for run in CONFIG.experiments[wildcards.experiment].runs],
    script:
        "../scripts/outcomes.py"


rule final:
    input:
        metrics=expand("<results>/runs/{run}/metrics.csv", run=CONFIG.runs),
        code=library("final"),
    output:
        "<results>/final.csv",
    log:
        "<logs>/final.log",
    benchmark:
        "<benchmarks>/final.tsv"
    conda:
        "../../envs/figures.yaml"
    resources:
        mem_mb=growing(500),
        runtime=growing(5),
    params:
        runs=list(CONFIG.runs),
    script:
        "../scripts/final.py"
