# Needs: the tables of the runs that claims speak of. Gives: the verdict on every claim, and the values of each seed; in a
# configuration with worlds the verdicts in all of them.

CLAIM_TABLES = ["metrics.csv", "units.csv.gz", "batches.csv.gz"]
# The figures of a multiverse: all claims in all worlds, and each claim by itself.
SPECIFICATIONS = ["matrix", *(claim.id for claim in claims.all_claims())]


rule claims:
    """Judge every claim by its rule."""
    input:
        tables=expand(
            "<results>/runs/{run}/{table}",
            run=claims.runs_needed(CONFIG),
            table=CLAIM_TABLES,
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


if CONFIG.worlds:

    rule multiverse:
        """Judge every claim in every world, and under every choice that needs no training."""
        input:
            tables=expand(
                "<results>/runs/{run}/{table}",
                run=claims.runs_needed(CONFIG, CONFIG.worlds),
                table=CLAIM_TABLES,
            ),
            claims=source(claims.FILE),
        output:
            table="<results>/multiverse.csv",
        log:
            "<logs>/multiverse.log",
        benchmark:
            "<benchmarks>/multiverse.tsv"
        conda:
            "../../envs/claims.yaml"
        resources:
            **growing(mem_mb=1000, runtime=30),
        params:
            code=library("multiverse"),
            settings=CONFIG.portable,
        script:
            "../scripts/multiverse.py"

    rule multiverse_figures:
        """Draw which claims hold in which worlds, and the specification curve of each claim."""
        input:
            table="<results>/multiverse.csv",
        output:
            **{
                key: path
                for name in SPECIFICATIONS
                for key, path in figure(
                    name,
                    f"<results>/figures/multiverse/{name}",
                    "matrix" if name == "matrix" else "specifications",
                    "Multiverse",
                    {"figure": name},
                ).items()
            },
        log:
            "<logs>/multiverse_figures.log",
        benchmark:
            "<benchmarks>/multiverse_figures.tsv"
        conda:
            "../../envs/figures.yaml"
        resources:
            **growing(mem_mb=1000, runtime=10),
        params:
            code=library("multiverse_figures"),
            worlds={name: world["title"] for name, world in CONFIG.settings["worlds"].items()},
            statements={claim.id: claim.statement for claim in claims.all_claims()},
            captions={kind: CAPTIONS[kind] for kind in captions.OF_MULTIVERSE},
        script:
            "../scripts/multiverse_figures.py"
