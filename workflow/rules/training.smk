# Needs: the data set. Gives: per run, the tables of what was measured, and the brightness of dW.

TRAINED = {
    "initial": "initial.csv",
    "metrics": "metrics.csv",
    "units": "units.csv.gz",
    "batches": "batches.csv.gz",
    "dw": "dw.npz",
    "environment": "environment.json",
}
if CONFIG.settings["keep_networks"]:
    TRAINED["network"] = "network.safetensors"
# What the fast engine compiles, each with a run that needs it; nothing for the plain engine.
COMPILED = {compiled_kind(run): run for run in CONFIG.runs.values() if CONFIG.settings["engine"] != "torch"}
COMPILED.pop(None, None)


rule compile:
    """Compile the fast engine once, while the data is fetched, or the first trainings would each do so."""
    output:
        done=temp("<logs>/compile/{kind}.done"),
    log:
        "<logs>/compile/{kind}.log",
    # Nodes of a cluster whose processors are of another kind compile for themselves.
    localrule: True
    conda:
        "../../envs/train.yaml"
    resources:
        mem_mb=1000,
        runtime=5,
    params:
        run=lambda wildcards: COMPILED[wildcards.kind].parameters(),
        engine=CONFIG.settings["engine"],
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
                if kind in COMPILED
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
        engine=CONFIG.settings["engine"],
        dw=CONFIG.settings["dw"],
        every=CONFIG.settings["frames"]["every"],
        unit=CONFIG.settings["frames"]["unit"],
    script:
        "../scripts/train.py"
