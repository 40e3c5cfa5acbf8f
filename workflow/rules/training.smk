# Needs: the data set. Gives: per run, the tables of what was measured, and the brightness of dW.

TRAINED = ["initial.csv", "metrics.csv", "units.csv.gz", "batches.csv.gz", "dw.npz", "environment.json"]


rule train:
    """Train one run and measure it at every epoch."""
    input:
        # Their content is verified whenever they are read, so their date says nothing.
        data=ancient(lambda wildcards: data_files(CONFIG.runs[wildcards.run].dataset)),
    output:
        initial="<results>/runs/{run}/initial.csv",
        metrics="<results>/runs/{run}/metrics.csv",
        units="<results>/runs/{run}/units.csv.gz",
        batches="<results>/runs/{run}/batches.csv.gz",
        dw="<results>/runs/{run}/dw.npz",
        environment="<results>/runs/{run}/environment.json",
    log:
        "<logs>/train/{run}.log",
        # Time and memory. In place of `benchmark:`, with which Snakemake refuses --cache.
        times="<logs>/train/{run}.times.json",
    # The longest first, or the longest would be alone at the end.
    priority: lambda wildcards: 1 + int(CONFIG.runs[wildcards.run].estimated_seconds)
    conda:
        "../../envs/train.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: CONFIG.runs[wildcards.run].estimated_megabytes * attempt,
        runtime=lambda wildcards, attempt: int(5 + CONFIG.runs[wildcards.run].estimated_seconds / 15) * attempt,
    params:
        code=library("train"),
        run=lambda wildcards: CONFIG.runs[wildcards.run].parameters(),
        engine=CONFIG.settings["engine"],
        dw=CONFIG.settings["dw"],
        every=CONFIG.settings["frames"]["every"],
        unit=CONFIG.settings["frames"]["unit"],
    script:
        "../scripts/train.py"
