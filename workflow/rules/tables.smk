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
