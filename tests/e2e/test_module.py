"""Another workflow includes this one as a module, as docs/cluster.md shows, with settings and a rule of its own."""

from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pandas as pd
import pytest
import yaml

from helpers import ROOT, snakemake

MODULE = """
import yaml

with open("mine.yaml") as file:
    MINE = yaml.safe_load(file)

module dying_relu:
    snakefile: "{where}/Snakefile"
    config: MINE

use rule * from dying_relu as dying_relu_*
"""
MINE = """
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
    (tmp_path / "Snakefile").write_text(MODULE.format(where=ROOT) + MINE)
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(CONFIG | {"data": {"dir": str(mnist)}}))
    done = snakemake(tmp_path, "--cores", "2")
    assert done.returncode == 0, done.stdout
    final = pd.read_csv(tmp_path / "elsewhere" / "final.csv").set_index("run")
    assert (tmp_path / "best.txt").read_text().strip() == final["test_accuracy"].idxmax()
    assert (tmp_path / "elsewhere" / "report" / "index.html").exists()
    assert not (tmp_path / "results").exists()


RULE = """
rule mine:
    output: "mine.txt"
    shell: "touch {output}"
"""


@pytest.mark.parametrize("text", [RULE + MODULE, MODULE + RULE.replace(":\n", ":\n    default_target: True\n", 1)])
def test_the_including_workflow_chooses_what_is_made(tmp_path, text):
    (tmp_path / "Snakefile").write_text(text.replace("{where}", str(ROOT)))
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(CONFIG))
    said = snakemake(tmp_path, "-n", "--cores", "1")
    assert said.returncode == 0, said.stdout
    assert "output: mine.txt" in said.stdout
    assert "dying_relu" not in said.stdout


def test_an_address_is_refused_since_the_library_stays_there(tmp_path):
    handler = partial(SimpleHTTPRequestHandler, directory=ROOT)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        where = f"http://127.0.0.1:{server.server_port}"
        (tmp_path / "Snakefile").write_text(MODULE.format(where=where))
        (tmp_path / "mine.yaml").write_text(yaml.safe_dump(CONFIG))
        said = snakemake(tmp_path, "-n", "--cores", "1")
        server.shutdown()
    assert said.returncode != 0
    assert "clone the project, and name the clone's Snakefile" in said.stdout
