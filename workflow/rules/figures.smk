# Needs: the tables of the runs. Gives: the summary figure of each experiment, the accuracy figure of each run.


rule summary:
    input:
        metrics=lambda wildcards: expand(
            "<results>/runs/{run}/metrics.csv",
            run=[run.name for run in CONFIG.experiments[wildcards.experiment].runs],
        ),
        code=library("summary"),
    output:
        png=report(
            "<results>/figures/{experiment}.png",
            category="Summary figures",
            labels=lambda wildcards: {"experiment": CONFIG.experiments[wildcards.experiment].title},
            caption="../report/summary.rst",
        ),
        svg="<results>/figures/{experiment}.svg",
    log:
        "<logs>/summary/{experiment}.log",
    benchmark:
        "<benchmarks>/summary/{experiment}.tsv"
    conda:
        "../../envs/figures.yaml"
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        runs=lambda wildcards: [run.parameters() for run in CONFIG.experiments[wildcards.experiment].runs],
        title=lambda wildcards: CONFIG.experiments[wildcards.experiment].title,
    script:
        "../scripts/summary.py"


rule accuracy:
    input:
        metrics="<results>/runs/{run}/metrics.csv",
        batches="<results>/runs/{run}/batches.csv.gz",
        code=library("accuracy"),
    output:
        png=report(
            "<results>/runs/{run}/accuracy.png",
            category="Accuracy of each run",
            subcategory=lambda wildcards: subcategory(CONFIG.runs[wildcards.run]),
            labels=lambda wildcards: labels(CONFIG.runs[wildcards.run]),
            caption="../report/accuracy.rst",
        ),
        svg="<results>/runs/{run}/accuracy.svg",
    log:
        "<logs>/accuracy/{run}.log",
    benchmark:
        "<benchmarks>/accuracy/{run}.tsv"
    conda:
        "../../envs/figures.yaml"
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        run=parameters,
        title=lambda wildcards: describe(CONFIG.runs[wildcards.run]),
    script:
        "../scripts/accuracy.py"
