# Needs: everything above. Gives: the page that people read, its provenance, and what Snakemake's own report shows.

FINISHED = [
    "<results>/runs.csv",
    "<results>/final.csv",
    "<results>/claims.csv",
    *expand("<results>/figures/{experiment}.svg", experiment=CONFIG.experiments),
    *expand("<results>/figures/{kind}/{name}.svg", kind=captions.OF_EXPERIMENTS, name=CURVES),
    *expand(
        "<results>/figures/{kind}/{name}.{format}",
        kind=captions.OF_COMPARISONS,
        name=CONFIG.comparisons,
        format=["svg", "csv.gz"],
    ),
    *expand("<results>/comparisons/{comparison}.{format}", comparison=CONFIG.comparisons, format=["mp4", "jpg"]),
    *expand("<results>/runs/{run}/{file}", run=CONFIG.drawn, file=["accuracy.svg", "dw.mp4", "strips"]),
]


rule provenance:
    input:
        environments=expand("<results>/runs/{run}/environment.json", run=CONFIG.runs),
        finished=FINISHED,
    output:
        "<results>/provenance.json",
    log:
        "<logs>/provenance.log",
    benchmark:
        "<benchmarks>/provenance.tsv"
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=growing(500),
        runtime=growing(5),
    params:
        code=library("provenance"),
        settings=CONFIG.portable,
        runs=list(CONFIG.runs),
        datasets=sorted({run.dataset for run in CONFIG.runs.values()}),
        root=os.path.relpath(ROOT),
    script:
        "../scripts/provenance.py"


rule page:
    input:
        finished=FINISHED,
        provenance="<results>/provenance.json",
        metrics=sorted({path for name in CURVES for path in of_experiment(name, "metrics.csv")}),
        units=expand("<results>/runs/{run}/units.csv.gz", run=CONFIG.drawn),
        sources=PAGE_SOURCES,
        texts=[source(path) for path in (claims.FILE, captions.FILE)],
    output:
        report(
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
        mem_mb=growing(500),
        runtime=growing(5),
    params:
        code=library("page"),
        settings=CONFIG.portable,
    script:
        "../scripts/page.py"


# Snakemake's report shows pictures and HTML, but neither MP4 nor CSV: hence players and tables as HTML.
rule run_player:
    input:
        video="<results>/runs/{run}/dw.mp4",
        template=source(WORKFLOW / "report" / "viewers" / "video.html.jinja"),
    output:
        report(
            directory("<results>/players/runs/{run}"),
            htmlindex="index.html",
            category="dW videos",
            subcategory=lambda wildcards: subcategory(CONFIG.runs[wildcards.run]),
            labels=lambda wildcards: labels(CONFIG.runs[wildcards.run]),
            caption="../report/captions/video.rst",
        ),
    log:
        "<logs>/run_player/{run}.log",
    benchmark:
        "<benchmarks>/run_player/{run}.tsv"
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=growing(500),
        runtime=growing(5),
    params:
        code=library("player"),
        title=lambda wildcards: describe(CONFIG.runs[wildcards.run]),
    script:
        "../scripts/player.py"


use rule run_player as comparison_player with:
    input:
        video="<results>/comparisons/{comparison}.mp4",
        template=source(WORKFLOW / "report" / "viewers" / "video.html.jinja"),
    output:
        report(
            directory("<results>/players/comparisons/{comparison}"),
            htmlindex="index.html",
            category="dW videos",
            subcategory="Side by side",
            labels=lambda wildcards: {"runs": CONFIG.comparisons[wildcards.comparison].title},
            caption="../report/captions/comparison.rst",
        ),
    log:
        "<logs>/comparison_player/{comparison}.log",
    benchmark:
        "<benchmarks>/comparison_player/{comparison}.tsv"
    params:
        code=library("player"),
        title=lambda wildcards: CONFIG.comparisons[wildcards.comparison].title,


rule table:
    input:
        table="<results>/{table}.csv",
        script=source(WORKFLOW / "report" / "table.js"),
    output:
        report(
            "<results>/tables/{table}.html",
            category="Tables",
            labels=lambda wildcards: {"table": TABLES[wildcards.table]},
            caption="../report/captions/table.rst",
        ),
    log:
        "<logs>/table/{table}.log",
    benchmark:
        "<benchmarks>/table/{table}.tsv"
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=growing(500),
        runtime=growing(5),
    params:
        code=library("table"),
        title=lambda wildcards: TABLES[wildcards.table],
    script:
        "../scripts/table.py"
