# Needs: the tables of the runs. Gives: figures of each experiment, of each comparison, and of each run.


rule experiment_figures:
    """Draw the figures of an experiment against the epoch."""
    input:
        metrics=lambda wildcards: of_experiment(wildcards.experiment, "metrics.csv"),
    output:
        **figure("summary", "<results>/figures/{experiment}", "summary", "Summary figures", experiment_label),
        **figures(captions.OF_EXPERIMENTS, "{experiment}", "Summary figures", experiment_label),
    log:
        "<logs>/experiment_figures/{experiment}.log",
    benchmark:
        "<benchmarks>/experiment_figures/{experiment}.tsv"
    wildcard_constraints:
        experiment=one_of(CURVES),
    conda:
        "../../envs/figures.yaml"
    resources:
        **growing(mem_mb=1000, runtime=10),
    params:
        code=library("experiment_figures"),
        runs=lambda wildcards: [run.parameters() for run in CONFIG.experiments[wildcards.experiment].runs],
        title=lambda wildcards: CONFIG.experiments[wildcards.experiment].title,
        captions={kind: CAPTIONS[kind] for kind in captions.OF_EXPERIMENTS},
    script:
        "../scripts/experiment_figures.py"


rule sweep_figure:
    """Draw what the runs of an experiment arrive at, against the parameters that vary."""
    input:
        outcomes="<results>/outcomes/{experiment}.csv",
    output:
        **figure("summary", "<results>/figures/{experiment}", "outcomes", "Summary figures", experiment_label),
    log:
        "<logs>/sweep_figure/{experiment}.log",
    benchmark:
        "<benchmarks>/sweep_figure/{experiment}.tsv"
    wildcard_constraints:
        experiment=one_of(SWEEPS),
    conda:
        "../../envs/figures.yaml"
    resources:
        **growing(mem_mb=1000, runtime=10),
    params:
        code=library("sweep_figure"),
        runs=lambda wildcards: [run.parameters() for run in CONFIG.experiments[wildcards.experiment].runs],
        figure=lambda wildcards: CONFIG.experiments[wildcards.experiment].figure,
        title=lambda wildcards: CONFIG.experiments[wildcards.experiment].title,
    script:
        "../scripts/sweep_figure.py"


rule accuracy:
    """Draw the accuracy of one run, in every mini-batch and epoch."""
    input:
        metrics="<results>/runs/{run}/metrics.csv",
        batches="<results>/runs/{run}/batches.csv.gz",
    output:
        png=report(
            "<results>/runs/{run}/accuracy.png",
            category="Accuracy of each run",
            subcategory=run_experiments,
            labels=run_labels,
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
        **growing(mem_mb=1000, runtime=10),
    params:
        code=library("accuracy"),
        run=lambda wildcards: CONFIG.runs[wildcards.run].parameters(),
        title=lambda wildcards: describe(CONFIG.runs[wildcards.run]),
    script:
        "../scripts/accuracy.py"


rule comparison_figures:
    """Draw what the units of two runs do, side by side."""
    input:
        left=lambda wildcards: unit_tables(CONFIG.comparisons[wildcards.comparison].left),
        right=lambda wildcards: unit_tables(CONFIG.comparisons[wildcards.comparison].right),
    output:
        **figures(captions.OF_COMPARISONS, "{comparison}", "What the units do", comparison_label),
        **{f"{kind}_data": f"<results>/figures/{kind}/{{comparison}}.csv.gz" for kind in captions.OF_COMPARISONS},
    log:
        "<logs>/comparison_figures/{comparison}.log",
    benchmark:
        "<benchmarks>/comparison_figures/{comparison}.tsv"
    conda:
        "../../envs/figures.yaml"
    resources:
        **growing(mem_mb=1000, runtime=10),
    params:
        code=library("comparison_figures"),
        labels=lambda wildcards: [describe(run) for run in CONFIG.comparisons[wildcards.comparison].runs],
        title=lambda wildcards: CONFIG.comparisons[wildcards.comparison].title,
        captions={kind: CAPTIONS[kind] for kind in captions.OF_COMPARISONS},
    script:
        "../scripts/comparison_figures.py"
