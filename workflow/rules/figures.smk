# Needs: the tables of the runs. Gives: figures of each experiment, of each comparison, and of each run.


rule summary:
    input:
        metrics=lambda wildcards: of_experiment(wildcards.experiment, "metrics.csv"),
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
    wildcard_constraints:
        experiment=one_of(CURVES),
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


rule outcome_figure:
    input:
        outcomes="<results>/outcomes/{experiment}.csv",
        code=library("outcome_figure"),
    output:
        png=report(
            "<results>/figures/{experiment}.png",
            category="Summary figures",
            labels=lambda wildcards: {"experiment": CONFIG.experiments[wildcards.experiment].title},
            caption="../report/outcomes.rst",
        ),
        svg="<results>/figures/{experiment}.svg",
    log:
        "<logs>/summary/{experiment}.log",
    benchmark:
        "<benchmarks>/summary/{experiment}.tsv"
    wildcard_constraints:
        experiment=one_of(CONFIG.experiments.keys() - set(CURVES)),
    conda:
        "../../envs/figures.yaml"
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        runs=lambda wildcards: [run.parameters() for run in CONFIG.experiments[wildcards.experiment].runs],
        figure=lambda wildcards: CONFIG.experiments[wildcards.experiment].figure,
        title=lambda wildcards: CONFIG.experiments[wildcards.experiment].title,
    script:
        "../scripts/outcome_figure.py"


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


rule experiment_figure:
    input:
        metrics=lambda wildcards: of_experiment(wildcards.experiment, "metrics.csv"),
        code=library("experiment_figure"),
    output:
        png=report(
            "<results>/figures/{kind}/{experiment}.png",
            category="Summary figures",
            labels=lambda wildcards: {
                "experiment": CONFIG.experiments[wildcards.experiment].title,
                "figure": CAPTIONS[wildcards.kind]["title"],
            },
            caption="../report/figure.rst",
        ),
        svg="<results>/figures/{kind}/{experiment}.svg",
    log:
        "<logs>/figures/{kind}/{experiment}.log",
    benchmark:
        "<benchmarks>/figures/{kind}/{experiment}.tsv"
    wildcard_constraints:
        kind="|".join(captions.OF_EXPERIMENTS),
    conda:
        "../../envs/figures.yaml"
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        runs=lambda wildcards: [run.parameters() for run in CONFIG.experiments[wildcards.experiment].runs],
        title=lambda wildcards: CONFIG.experiments[wildcards.experiment].title,
        caption=lambda wildcards: CAPTIONS[wildcards.kind],
    script:
        "../scripts/experiment_figure.py"


rule comparison_figure:
    input:
        left=lambda wildcards: unit_tables(CONFIG.comparisons[wildcards.comparison].left),
        right=lambda wildcards: unit_tables(CONFIG.comparisons[wildcards.comparison].right),
        code=library("comparison_figure"),
    output:
        png=report(
            "<results>/figures/{kind}/{comparison}.png",
            category="What the units do",
            labels=lambda wildcards: {
                "runs": CONFIG.comparisons[wildcards.comparison].title,
                "figure": CAPTIONS[wildcards.kind]["title"],
            },
            caption="../report/figure.rst",
        ),
        svg="<results>/figures/{kind}/{comparison}.svg",
        data="<results>/figures/{kind}/{comparison}.csv.gz",
    log:
        "<logs>/figures/{kind}/{comparison}.log",
    benchmark:
        "<benchmarks>/figures/{kind}/{comparison}.tsv"
    wildcard_constraints:
        kind="|".join(captions.OF_COMPARISONS),
    conda:
        "../../envs/figures.yaml"
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        labels=lambda wildcards: [describe(run) for run in CONFIG.comparisons[wildcards.comparison].runs],
        title=lambda wildcards: CONFIG.comparisons[wildcards.comparison].title,
        caption=lambda wildcards: CAPTIONS[wildcards.kind],
    script:
        "../scripts/comparison_figure.py"
