# Needs: the data set. Gives: per run, the tables of what was measured, and the brightness of dW.

TRAINED = {
    "initial": "initial.csv",
    "metrics": "metrics.csv",
    "units": "units.csv.gz",
    "batches": "batches.csv.gz",
    "first_steps": "first_steps.csv",
    "deaths": "deaths.csv",
    "dw": "dw.npz",
    "environment": "environment.json",
}
if CONFIG.settings["keep_networks"]:
    TRAINED["network"] = "network.safetensors"
ENGINE = CONFIG.settings["engine"]


rule compile:
    """Compile the fast engine once, while the data is fetched, or the first trainings would each do so."""
    output:
        done=temp("<logs>/compile/{optimizer}-{layers}.done"),
    log:
        "<logs>/compile/{optimizer}-{layers}.log",
    # Nodes of a cluster whose processors are of another kind compile for themselves.
    localrule: True
    conda:
        "../../envs/train.yaml"
    resources:
        mem_mb=1000,
        runtime=5,
    params:
        engine=ENGINE,
    script:
        "../scripts/compile.py"


rule train:
    """Train one run and measure it at every epoch."""
    input:
        # Their content is verified whenever they are read, so their date says nothing.
        data=ancient(lambda wildcards: data_files(CONFIG.runs[wildcards.run].dataset)),
        compiled=ancient(
            lambda wildcards: [
                f"<logs>/compile/{kind}.done"
                for kind in [compiled_kind(CONFIG.runs[wildcards.run])]
                if kind and ENGINE != "torch"
            ]
        ),
    output:
        **{name: f"<results>/runs/{{run}}/{file}" for name, file in TRAINED.items()},
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
        engine=ENGINE,
        dw=CONFIG.settings["dw"],
        every=CONFIG.settings["frames"]["every"],
        unit=CONFIG.settings["frames"]["unit"],
        first_steps=CONFIG.settings["first_steps"],
    script:
        "../scripts/train.py"
