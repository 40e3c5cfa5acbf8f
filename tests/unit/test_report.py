"""The page: what it takes from where."""

import re

import pandas as pd
import pytest

from dying_relu.config import load
from dying_relu.provenance import collect, environment
from dying_relu.report import write_page, write_player
from helpers import ROOT

TEMPLATE = (ROOT / "workflow" / "report" / "index.html.jinja").read_text()
PLAYER = (ROOT / "workflow" / "report" / "player.html.jinja").read_text()


@pytest.fixture
def page(tmp_path) -> str:
    """A page of made-up results, with markup in its titles."""
    both = {"batch_norm": [True, False]}
    config = load(
        {
            "seeds": [1, 2],
            "experiments": {
                "first": {"title": "<script>alert('first')</script>", "grids": [both]},
                "second": {"title": "Second", "grids": [{"batch_size": [100, 500]}]},
            },
            "comparisons": {
                "pair": {"title": 'A "pair"', "left": {"batch_norm": True}, "right": {"batch_norm": False}}
            },
        }
    )
    results = tmp_path / "results"
    files = [f"figures/{name}.svg" for name in config.experiments] + ["comparisons/pair.mp4"]
    files += [f"runs/{run}/{file}" for run in config.runs for file in ("accuracy.svg", "dw.mp4")]
    for file in files:
        (results / file).parent.mkdir(parents=True, exist_ok=True)
        (results / file).write_text(file)
    shares = ["train_accuracy", "test_accuracy", "test_accuracy_batch_statistics", "perfect_batches"]
    final = pd.DataFrame({"run": list(config.runs)})
    final[shares] = [[0.1 + 0.01 * row + 0.001 * column for column in range(4)] for row in range(len(final))]
    final[["dead_units", "inactive_units", "dark_units"]] = 7
    final.to_csv(results / "final.csv", index=False)
    provenance = collect(ROOT, config.settings, dict.fromkeys(config.runs, environment() | {"engine": "TorchEngine"}))
    write_page(tmp_path / "report", TEMPLATE, config, results, provenance)
    return (tmp_path / "report" / "index.html").read_text()


def test_everything_that_the_page_shows_lies_beside_it(page, tmp_path):
    sources = re.findall(r'src="([^"]+)"', page)
    assert len(set(sources)) == 2 + 1 + 2 * 6
    for source in sources:
        assert (tmp_path / "report" / source).is_file()
    assert not re.search(r'(src|href)="(https?:|/)', page)


def test_numbers_are_those_of_the_table(page):
    cells = re.findall(r"<td>([^<]*)</td>", page)
    assert cells[:8] == ["1", "10.20%", "10.10%", "10.00%", "10.3%", "7", "7", "7"]


def test_text_of_the_configuration_is_escaped(page):
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_a_run_of_two_experiments_is_shown_once(page):
    assert page.count('<article class="run" id="run-bn-relu-b100-s1">') == 1
    assert page.count('<a href="#run-bn-relu-b100-s1">shown above</a>') == 1


def test_links_lead_somewhere(page):
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(re.findall(r'id="([^"]+)"', page))


def test_player(tmp_path):
    (tmp_path / "dw.mp4").write_bytes(b"video")
    write_player(tmp_path / "player", PLAYER, "BN <on>", tmp_path / "dw.mp4")
    assert (tmp_path / "player" / "dw.mp4").read_bytes() == b"video"
    text = (tmp_path / "player" / "index.html").read_text()
    assert 'src="dw.mp4"' in text
    assert "BN &lt;on&gt;" in text
