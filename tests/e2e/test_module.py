"""Another workflow includes this one as a module, as docs/cluster.md shows, with settings and a rule of its own."""

import pandas as pd
import pytest
import yaml

from helpers import ROOT, snakemake

SNAKEFILE = """
import yaml

with open("mine.yaml") as file:
    MINE = yaml.safe_load(file)

module dying_relu:
    snakefile: "{root}/Snakefile"
    config: MINE

use rule * from dying_relu as dying_relu_*

rule mine:
    default_target: True
    input:
        final="elsewhere/final.csv",
        page=rules.dying_relu_page.output
    output: "best.txt"
    run:
        import pandas as pd
        table = pd.read_csv(input.final)
        table.sort_values("test_accuracy").tail(1)["run"].to_csv(output[0], index=False, header=False)
"""
CONFIG = {
    "results": "elsewhere",
    "epochs": 1,
    "run": {"train_images": 500},
    "experiments": {"one": {"title": "One", "grids": [{"batch_norm": [True, False]}]}},
}


@pytest.mark.slow
def test_the_workflow_as_a_module_of_another(tmp_path, mnist):
    (tmp_path / "Snakefile").write_text(SNAKEFILE.format(root=ROOT))
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(CONFIG | {"data": {"dir": str(mnist)}}))
    done = snakemake(tmp_path, "--cores", "2")
    assert done.returncode == 0, done.stdout
    final = pd.read_csv(tmp_path / "elsewhere" / "final.csv").set_index("run")
    assert (tmp_path / "best.txt").read_text().strip() == final["test_accuracy"].idxmax()
    assert (tmp_path / "elsewhere" / "report" / "index.html").exists()
    assert not (tmp_path / "results").exists()
