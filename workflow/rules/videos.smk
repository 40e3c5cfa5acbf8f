# Needs: the brightness of dW of the runs. Gives: PNG frames, a video of each run, the comparisons, and what the
# page's player shows.


rule frames:
    input:
        dw="<results>/runs/{run}/dw.npz",
    output:
        frames_folder("<results>/runs/{run}/frames"),
    log:
        "<logs>/frames/{run}.log",
    benchmark:
        "<benchmarks>/frames/{run}.tsv"
    conda:
        "../../envs/videos.yaml"
    resources:
        mem_mb=growing(500),
        runtime=growing(5),
    params:
        code=library("frames"),
    script:
        "../scripts/frames.py"


rule video:
    input:
        frames="<results>/runs/{run}/frames",
    output:
        "<results>/runs/{run}/dw.mp4",
    log:
        "<logs>/video/{run}.log",
    benchmark:
        "<benchmarks>/video/{run}.tsv"
    conda:
        "../../envs/videos.yaml"
    threads: 1
    resources:
        mem_mb=growing(500),
        runtime=growing(10),
    params:
        code=library("video"),
        title=lambda wildcards: describe(CONFIG.runs[wildcards.run]),
        frames_per_second=CONFIG.settings["video"]["frames_per_second"],
    script:
        "../scripts/video.py"


rule comparison:
    input:
        left=lambda wildcards: f"<results>/runs/{CONFIG.comparisons[wildcards.comparison].left.name}/frames",
        right=lambda wildcards: f"<results>/runs/{CONFIG.comparisons[wildcards.comparison].right.name}/frames",
    output:
        video="<results>/comparisons/{comparison}.mp4",
        sheet="<results>/comparisons/{comparison}.jpg",
    log:
        "<logs>/comparison/{comparison}.log",
    benchmark:
        "<benchmarks>/comparison/{comparison}.tsv"
    conda:
        "../../envs/videos.yaml"
    threads: 1
    resources:
        mem_mb=growing(500),
        runtime=growing(10),
    params:
        code=library("comparison"),
        titles=lambda wildcards: [describe(run) for run in CONFIG.comparisons[wildcards.comparison].runs],
        frames_per_second=CONFIG.settings["video"]["frames_per_second"],
    script:
        "../scripts/comparison.py"


rule strips:
    input:
        dw="<results>/runs/{run}/dw.npz",
    output:
        directory("<results>/runs/{run}/strips"),
    log:
        "<logs>/strips/{run}.log",
    benchmark:
        "<benchmarks>/strips/{run}.tsv"
    conda:
        "../../envs/videos.yaml"
    resources:
        mem_mb=growing(500),
        runtime=growing(5),
    params:
        code=library("strips"),
    script:
        "../scripts/strips.py"
