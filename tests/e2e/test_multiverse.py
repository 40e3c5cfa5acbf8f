"""A multiverse from trainings to the page, of two networks in two worlds."""

import pandas as pd
import pytest

from helpers import QUICK, setting, snakemake

WORLDS = """
experiments:
  batch_size: null
  leaky_relu: null
  pair:
    title: A pair
    grids: [{batch_norm: [true, false]}]
comparisons: {bn_relu: null, bn_leaky_relu: null}
worlds:
  standardized:
    title: Standardised <inputs>
    reason: To see
    admissible: true
    run: {input_scaling: standardized}
draw_runs: false
epochs: 1
engine: torch
"""


@pytest.fixture(scope="module")
def done(make_project, mnist):
    project = make_project()
    (project / "worlds.yaml").write_text(WORLDS)
    settings = setting(data=f"{{dir: {mnist}}}", run="{train_images: 1000}")
    run = snakemake(project, "--cores", "2", *QUICK, "worlds.yaml", *settings)
    assert run.returncode == 0, run.stdout
    return project / "results" / "quick"


def test_all_worlds_are_trained_and_judged(done):
    assert len(list(done.glob("runs/*/metrics.csv"))) == 4
    table = pd.read_csv(done / "multiverse.csv", dtype={"frames": str})
    tested = table[table["verdict"] != "not tested"]
    assert set(tested["world"]) == {"base", "standardized"}
    # Where a choice is the configured one, the verdict is that of claims.csv.
    claims = pd.read_csv(done / "claims.csv").set_index(["claim", "evaluation"])
    usual = tested[(tested["world"] == "base") & (tested["dw"].fillna("gradient_of_sum") == "gradient_of_sum")]
    usual = usual[usual["window"].fillna("second half") == "second half"].drop_duplicates(["claim", "evaluation"])
    assert len(usual) > 5
    for row in usual.to_dict("records"):
        assert row["verdict"] == claims.loc[(row["claim"], row["evaluation"]), "verdict"]


def test_the_page_shows_them(done):
    page = (done / "report" / "index.html").read_text()
    section = page.partition('<section id="multiverse">')[2].partition("</section>")[0]
    assert "Standardised &lt;inputs&gt;" in section
    for name in ("matrix", "bn-lowers-test-accuracy"):
        assert f"assets/figures/multiverse/{name}.svg" in section
        assert (done / "report" / "assets" / "figures" / "multiverse" / f"{name}.svg").stat().st_size > 5000
    # The runs of other worlds stand in no table of the page.
    assert "input_scalingstandardized" not in page
