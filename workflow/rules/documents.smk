# Needs: a finished run of five seeds. Gives: the pictures of README.md and docs/, which git keeps; see `make images`.

# What they are made from. The others there are those of `make benchmark` and `make growth`.
PICTURES = {
    "batch_size": "<results>/figures/batch_size.png",
    "raster": "<results>/figures/raster/bn_relu.png",
}


rule picture:
    input:
        lambda wildcards: PICTURES[wildcards.picture],
    output:
        "docs/images/{picture}.png",
    log:
        "<logs>/picture/{picture}.log",
    benchmark:
        "<benchmarks>/picture/{picture}.tsv"
    wildcard_constraints:
        picture=one_of(PICTURES),
    conda:
        "../../envs/videos.yaml"
    resources:
        mem_mb=growing(500),
        runtime=growing(5),
    params:
        code=library("picture"),
        width=900,
    script:
        "../scripts/picture.py"


rule still:
    input:
        lambda wildcards: expand(
            "<results>/runs/{run}/frames", run=[run.name for run in CONFIG.comparisons["bn_relu"].runs]
        ),
    output:
        "docs/images/dw.png",
    log:
        "<logs>/still.log",
    benchmark:
        "<benchmarks>/still.tsv"
    conda:
        "../../envs/videos.yaml"
    resources:
        mem_mb=growing(500),
        runtime=growing(5),
    params:
        code=library("still"),
        titles=lambda wildcards: [describe(run) for run in CONFIG.comparisons["bn_relu"].runs],
        frame=f"epoch-{min(6, CONFIG.settings['epochs']):06d}",
    script:
        "../scripts/still.py"
