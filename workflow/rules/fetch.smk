# Needs: a folder with the data set (data.dir), or a network. Gives: the files of MNIST, or of another data set, verified.


rule fetch:
    output:
        data_files("mnist"),
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
    params:
        dataset="mnist",
    script:
        "../scripts/fetch.py"


use rule fetch as fetch_fashion_mnist with:
    output:
        data_files("fashion_mnist"),
    log:
        "<logs>/fetch_fashion_mnist.log",
    benchmark:
        "<benchmarks>/fetch_fashion_mnist.tsv"
    params:
        dataset="fashion_mnist",


use rule fetch as fetch_kmnist with:
    output:
        data_files("kmnist"),
    log:
        "<logs>/fetch_kmnist.log",
    benchmark:
        "<benchmarks>/fetch_kmnist.tsv"
    params:
        dataset="kmnist",


use rule fetch as fetch_cifar10 with:
    output:
        data_files("cifar10"),
    log:
        "<logs>/fetch_cifar10.log",
    benchmark:
        "<benchmarks>/fetch_cifar10.tsv"
    params:
        dataset="cifar10",
