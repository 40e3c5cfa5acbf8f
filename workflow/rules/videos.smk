# Needs: the brightness of dW of the runs. Gives: PNG frames, a video of each run and of each comparison, and the
# sprites that the page's player shows.


rule frames:
    """Draw the dW of one run: frames for the videos, and sprites for the page's player."""
    input:
        dw="<results>/runs/{run}/dw.npz",
    output:
        frames=frames_folder("<results>/runs/{run}/frames"),
        sprites=directory("<results>/runs/{run}/sprites"),
    log:
        "<logs>/frames/{run}.log",
    benchmark:
        "<benchmarks>/frames/{run}.tsv"
    conda:
        "../../envs/videos.yaml"
    resources:
        **growing(mem_mb=500, runtime=5),
    params:
        code=library("frames"),
    script:
        "../scripts/frames.py"


rule video:
    """Stitch the frames of one run into its video."""
    input:
        frames="<results>/runs/{run}/frames",
        # For its date alone, since the frames are gone when they have been used.
        dw="<results>/runs/{run}/dw.npz",
    output:
        video="<results>/runs/{run}/dw.mp4",
        # Snakemake's own report shows HTML, but no MP4.
        viewer=report(
            directory("<results>/players/runs/{run}"),
            htmlindex="index.html",
            category="dW videos",
            subcategory=run_experiments,
            labels=run_labels,
            caption="../report/captions/video.rst",
        ),
    log:
        "<logs>/video/{run}.log",
    benchmark:
        "<benchmarks>/video/{run}.tsv"
    conda:
        "../../envs/videos.yaml"
    resources:
        **growing(mem_mb=500, runtime=10),
    params:
        code=library("video"),
        title=lambda wildcards: describe(CONFIG.runs[wildcards.run]),
        frames_per_second=CONFIG.settings["video"]["frames_per_second"],
    script:
        "../scripts/video.py"


rule comparison:
    """Stitch the frames of two runs into one video, side by side, and put a few of them on a contact sheet."""
    input:
        left=lambda wildcards: f"<results>/runs/{CONFIG.comparisons[wildcards.comparison].left.name}/frames",
        right=lambda wildcards: f"<results>/runs/{CONFIG.comparisons[wildcards.comparison].right.name}/frames",
        dw=lambda wildcards: [
            f"<results>/runs/{run.name}/dw.npz" for run in CONFIG.comparisons[wildcards.comparison].runs
        ],
    output:
        video="<results>/comparisons/{comparison}.mp4",
        sheet="<results>/comparisons/{comparison}.jpg",
        viewer=report(
            directory("<results>/players/comparisons/{comparison}"),
            htmlindex="index.html",
            category="dW videos",
            subcategory="Side by side",
            labels=comparison_label,
            caption="../report/captions/comparison.rst",
        ),
    log:
        "<logs>/comparison/{comparison}.log",
    benchmark:
        "<benchmarks>/comparison/{comparison}.tsv"
    conda:
        "../../envs/videos.yaml"
    resources:
        **growing(mem_mb=500, runtime=10),
    params:
        code=library("comparison"),
        title=lambda wildcards: CONFIG.comparisons[wildcards.comparison].title,
        titles=lambda wildcards: [describe(run) for run in CONFIG.comparisons[wildcards.comparison].runs],
        frames_per_second=CONFIG.settings["video"]["frames_per_second"],
    script:
        "../scripts/comparison.py"
