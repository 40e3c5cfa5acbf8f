# Needs: the tables of the runs that claims speak of. Gives: the verdict on every claim, and the values of each seed.


rule claims:
    """Judge every claim by its rule."""
    input:
        tables=expand(
            "<results>/runs/{run}/{table}",
            run=claims.runs_needed(CONFIG),
            table=["metrics.csv", "units.csv.gz", "batches.csv.gz"],
        ),
        claims=source(claims.FILE),
    output:
        claims="<results>/claims.csv",
        seeds="<results>/claims_seeds.csv",
    log:
        "<logs>/claims.log",
    benchmark:
        "<benchmarks>/claims.tsv"
    conda:
        "../../envs/claims.yaml"
    resources:
        **growing(mem_mb=1000, runtime=10),
    params:
        code=library("claims"),
        settings=CONFIG.portable,
    script:
        "../scripts/claims.py"
