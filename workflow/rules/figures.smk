# Needs: the tables of the runs. Gives: figures of each experiment, of each comparison, and of each run.


rule summary:
    input:
        metrics=lambda wildcards: of_experiment(wildcards.experiment, "metrics.csv"),
    output:
        png=report(
            "<results>/figures/{experiment}.png",
            category="Summary figures",
            labels=lambda wildcards: {"experiment": CONFIG.experiments[wildcards.experiment].title},
            caption="../report/captions/summary.rst",
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
        code=library("summary"),
        runs=lambda wildcards: [run.parameters() for run in CONFIG.experiments[wildcards.experiment].runs],
        title=lambda wildcards: CONFIG.experiments[wildcards.experiment].title,
    script:
        "../scripts/summary.py"


rule outcome_figure:
    input:
        outcomes="<results>/outcomes/{experiment}.csv",
    output:
        png=report(
            "<results>/figures/{experiment}.png",
            category="Summary figures",
            labels=lambda wildcards: {"experiment": CONFIG.experiments[wildcards.experiment].title},
            caption="../report/captions/outcomes.rst",
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
        code=library("outcome_figure"),
        runs=lambda wildcards: [run.parameters() for run in CONFIG.experiments[wildcards.experiment].runs],
        figure=lambda wildcards: CONFIG.experiments[wildcards.experiment].figure,
        title=lambda wildcards: CONFIG.experiments[wildcards.experiment].title,
    script:
        "../scripts/outcome_figure.py"


rule accuracy:
    input:
        metrics="<results>/runs/{run}/metrics.csv",
        batches="<results>/runs/{run}/batches.csv.gz",
    output:
        png=report(
            "<results>/runs/{run}/accuracy.png",
            category="Accuracy of each run",
            subcategory=lambda wildcards: subcategory(CONFIG.runs[wildcards.run]),
            labels=lambda wildcards: labels(CONFIG.runs[wildcards.run]),
            caption="../report/captions/accuracy.rst",
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
        code=library("accuracy"),
        run=parameters,
        title=lambda wildcards: describe(CONFIG.runs[wildcards.run]),
    script:
        "../scripts/accuracy.py"


rule experiment_figures:
    input:
        metrics=lambda wildcards: of_experiment(wildcards.experiment, "metrics.csv"),
    output:
        **figure_files(
            captions.OF_EXPERIMENTS,
            "{experiment}",
            category="Summary figures",
            labels=lambda wildcards: {"experiment": CONFIG.experiments[wildcards.experiment].title},
        ),
    log:
        "<logs>/experiment_figures/{experiment}.log",
    benchmark:
        "<benchmarks>/experiment_figures/{experiment}.tsv"
    conda:
        "../../envs/figures.yaml"
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        code=library("experiment_figures"),
        runs=lambda wildcards: [run.parameters() for run in CONFIG.experiments[wildcards.experiment].runs],
        title=lambda wildcards: CONFIG.experiments[wildcards.experiment].title,
        captions={kind: CAPTIONS[kind] for kind in captions.OF_EXPERIMENTS},
    script:
        "../scripts/experiment_figures.py"


rule comparison_figures:
    input:
        left=lambda wildcards: unit_tables(CONFIG.comparisons[wildcards.comparison].left),
        right=lambda wildcards: unit_tables(CONFIG.comparisons[wildcards.comparison].right),
    output:
        **figure_files(
            captions.OF_COMPARISONS,
            "{comparison}",
            category="What the units do",
            labels=lambda wildcards: {"runs": CONFIG.comparisons[wildcards.comparison].title},
        ),
        **{f"{kind}_data": f"<results>/figures/{kind}/{{comparison}}.csv.gz" for kind in captions.OF_COMPARISONS},
    log:
        "<logs>/comparison_figures/{comparison}.log",
    benchmark:
        "<benchmarks>/comparison_figures/{comparison}.tsv"
    conda:
        "../../envs/figures.yaml"
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        code=library("comparison_figures"),
        labels=lambda wildcards: [describe(run) for run in CONFIG.comparisons[wildcards.comparison].runs],
        title=lambda wildcards: CONFIG.comparisons[wildcards.comparison].title,
        captions={kind: CAPTIONS[kind] for kind in captions.OF_COMPARISONS},
    script:
        "../scripts/comparison_figures.py"
