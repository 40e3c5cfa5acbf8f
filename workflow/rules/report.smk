# Needs: everything above. Gives: the page that people read, its provenance, and tables for Snakemake's own report.

# What the page shows.
FINISHED = [
    "<results>/runs.csv",
    "<results>/final.csv",
    "<results>/claims.csv",
    "<results>/claims_seeds.csv",
    *(["<results>/multiverse.csv"] if CONFIG.worlds else []),
    *expand("<results>/figures/multiverse/{name}.svg", name=SPECIFICATIONS if CONFIG.worlds else []),
    *expand("<results>/figures/{experiment}.svg", experiment=CONFIG.experiments),
    *expand("<results>/figures/{kind}/{name}.svg", kind=captions.OF_EXPERIMENTS, name=CURVES),
    *expand(
        "<results>/figures/{kind}/{name}.{format}",
        kind=captions.OF_COMPARISONS,
        name=CONFIG.comparisons,
        format=["svg", "csv.gz"],
    ),
    *expand("<results>/comparisons/{comparison}.{format}", comparison=CONFIG.comparisons, format=["mp4", "jpg"]),
    *expand("<results>/runs/{run}/{file}", run=CONFIG.drawn, file=["accuracy.svg", "dw.mp4", "sprites"]),
]

# Outputs that are folders.
FOLDERS = [
    "<results>/report",
    *expand("<results>/runs/{run}/sprites", run=CONFIG.drawn),
    *expand("<results>/players/runs/{run}", run=CONFIG.drawn),
    *expand("<results>/players/comparisons/{comparison}", comparison=CONFIG.comparisons),
]
if workflow.is_main_process:
    for folder in FOLDERS:
        outdate_if_incomplete(on_disk(folder))

# Templates of the page, and the scripts and style that are copied beside it.
PAGE_SOURCES = sorted(source(path) for path in (WORKFLOW / "report" / "page").rglob("*.*"))

# The tables that Snakemake's report shows, by the name of their file.
TABLES = {
    "claims": "The claims and their verdicts",
    "runs": "All runs and their parameters",
    "final": "All runs after their last epoch",
}


rule provenance:
    """Record what produced the results: commit, configuration, data, software, machines."""
    input:
        environments=expand("<results>/runs/{run}/environment.json", run=CONFIG.runs),
        finished=FINISHED,
    output:
        provenance="<results>/provenance.json",
    log:
        "<logs>/provenance.log",
    benchmark:
        "<benchmarks>/provenance.tsv"
    conda:
        "../../envs/report.yaml"
    resources:
        **growing(mem_mb=500, runtime=5),
    params:
        code=library("provenance"),
        settings=CONFIG.portable,
        runs=list(CONFIG.runs),
        datasets=DATASETS_IN_USE,
        root=os.path.relpath(ROOT),
    script:
        "../scripts/provenance.py"


rule page:
    """Write the page that people read."""
    input:
        finished=FINISHED,
        provenance="<results>/provenance.json",
        metrics=sorted({path for name in CURVES for path in of_experiment(name, "metrics.csv")}),
        units=expand("<results>/runs/{run}/units.csv.gz", run=CONFIG.drawn),
        sources=PAGE_SOURCES,
        texts=[source(path) for path in (claims.FILE, captions.FILE)],
    output:
        folder=report(
            directory("<results>/report"),
            htmlindex="index.html",
            category="Report",
            labels={"page": "The whole report"},
            caption="../report/captions/page.rst",
        ),
    log:
        "<logs>/page.log",
    benchmark:
        "<benchmarks>/page.tsv"
    conda:
        "../../envs/report.yaml"
    resources:
        **growing(mem_mb=500, runtime=5),
    params:
        code=library("page"),
        settings=CONFIG.portable,
    script:
        "../scripts/page.py"


rule table:
    """Write a table as HTML for Snakemake's own report, which shows no CSV."""
    input:
        table="<results>/{table}.csv",
        script=source(WORKFLOW / "report" / "table.js"),
    output:
        page=report(
            "<results>/tables/{table}.html",
            category="Tables",
            labels=lambda wildcards: {"table": TABLES[wildcards.table]},
            caption="../report/captions/table.rst",
        ),
    log:
        "<logs>/table/{table}.log",
    benchmark:
        "<benchmarks>/table/{table}.tsv"
    wildcard_constraints:
        table=one_of(TABLES),
    conda:
        "../../envs/report.yaml"
    resources:
        **growing(mem_mb=500, runtime=5),
    params:
        code=library("table"),
        title=lambda wildcards: TABLES[wildcards.table],
    script:
        "../scripts/table.py"
