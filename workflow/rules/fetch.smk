# Needs: a folder with MNIST (data.dir), or a network. Gives: the four files of MNIST, verified.


rule fetch:
    output:
        expand("<results>/data/MNIST/raw/{file}", file=DIGESTS),
    log:
        "<logs>/fetch.log",
    benchmark:
        "<benchmarks>/fetch.tsv"
    retries: 2
    # On a cluster the login node fetches: it reaches the network, where other nodes often do not.
    localrule: True
    conda:
        "../../envs/train.yaml"
    resources:
        mem_mb=1000,
        runtime=15,
    script:
        "../scripts/fetch.py"
