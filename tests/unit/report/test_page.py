"""The page: what it takes from where."""

import json
import math
import re
from pathlib import Path

import pandas as pd
import pytest

from dying_relu.claims.claims import all_claims
from dying_relu.claims.verdicts import judge
from dying_relu.configuration.config import load_config
from dying_relu.provenance.provenance import collect, environment
from dying_relu.report import captions
from dying_relu.report import experiments as sections
from dying_relu.report.page import write_page
from helpers import ROOT

TEMPLATE = ROOT / "workflow" / "report" / "index.html.jinja"


@pytest.fixture
def page(tmp_path) -> str:
    """A page of made-up results, with markup in its titles."""
    both = {"batch_norm": [True, False]}
    settings = {
        "seeds": [1, 2],
        "experiments": {
            "first": {"title": "<script>alert('first')</script>", "grids": [both]},
            "second": {"title": "Second", "grids": [{"batch_size": [100, 500]}]},
        },
        "comparisons": {"pair": {"title": 'A "pair"', "left": {"batch_norm": True}, "right": {"batch_norm": False}}},
    }
    return page_of(settings, tmp_path)


def page_of(settings: dict, folder: Path) -> str:
    """Write made-up results and a report from them into `folder`; returns the page."""
    config, results = load_config(settings), folder / "results"
    files = [f"figures/{name}.svg" for name in config.experiments] + [
        f"comparisons/{name}.jpg" for name in config.comparisons
    ]
    files += [f"figures/{kind}/{name}.svg" for kind in captions.OF_EXPERIMENTS for name in config.experiments]
    files += [
        f"figures/{kind}/{name}.{end}"
        for kind in captions.OF_COMPARISONS
        for name in config.comparisons
        for end in ("svg", "csv.gz")
    ]
    files += ["runs.csv"]
    files += [f"runs/{run}/{file}" for run in config.runs for file in ("accuracy.svg", "dw.mp4", "sprites/000.webp")]
    for file in files:
        (results / file).parent.mkdir(parents=True, exist_ok=True)
        (results / file).write_text(file)
    units = pd.DataFrame({"epoch": 1, "unit": range(3), "layer": 1, "active_fraction": [0.5, 0.0, math.nan]})
    units[["dw_min", "dw_max", "background"]] = [[-0.0012345, 0.5, 99.6], [0.0, 0.0, 0.0], [math.nan] * 3]
    units[["dead", "inactive", "dark"]] = [[0, 0, 0], [1, 1, 1], [0, 0, 1]]
    for run in config.runs:
        units.to_csv(results / f"runs/{run}/units.csv.gz", index=False)
        strips = {"frames": ["epoch-000001", "epoch-000100"], "in_strip": 10, "height": 28, "layers": []}
        (results / f"runs/{run}/sprites/sprites.json").write_text(json.dumps(strips))
        metrics = pd.DataFrame({"epoch": [1], "test_accuracy": [0.9], "test_accuracy_batch_statistics": [math.nan]})
        metrics.assign(dead_units=0).to_csv(results / f"runs/{run}/metrics.csv", index=False)
    shares = ["train_accuracy", "test_accuracy", "test_accuracy_batch_statistics", "perfect_batches"]
    final = pd.DataFrame({"run": list(config.runs)})
    final[shares] = [[0.1 + 0.01 * row + 0.001 * column for column in range(4)] for row in range(len(final))]
    final[["dead_units", "inactive_units", "dark_units"]] = 7
    final.to_csv(results / "final.csv", index=False)
    claims = pd.DataFrame([judge(claim, how, []) for claim in all_claims() for how in claim.evaluations])
    tested = (claims["claim"] == "bn-lowers-test-accuracy").idxmax()
    claims.loc[tested, ["measured", "low", "high", "seeds"]] = 0.0012, 0.0005, 0.0019, 2
    claims.loc[tested, ["verdict", "details"]] = "reproduced", "test accuracy: 0.12 points"
    # The two evaluations of a claim, one after the other, with numbers of both signs.
    claims.loc[tested + 1, ["measured", "low", "high", "seeds"]] = -0.0034, -0.0040, -0.0030, 2
    claims.loc[tested + 1, ["verdict", "details"]] = "not reproduced", "test accuracy: -0.34 points"
    claims.to_csv(results / "claims.csv", index=False)
    provenance = collect(
        ROOT, config.settings, dict.fromkeys(config.runs, environment() | {"engine": "TorchEngine"}), ["mnist"]
    )
    write_page(folder / "report", TEMPLATE, config, results, provenance)
    return (folder / "report" / "index.html").read_text()


def test_everything_that_the_page_shows_or_links_lies_beside_it(page, tmp_path):
    sources = re.findall(r'src="([^"]+)"', page)
    # The scripts, two experiments, a comparison, and of each of the three runs of the first seed its accuracy.
    assert len(set(sources)) == 3 + 2 * 4 + 4 + 3
    links = re.findall(r'href="([^"#]+)"', page)
    assert "media/style.css" in links
    for source in sources + links:
        assert (tmp_path / "report" / source).is_file()
    assert not re.search(r'(src|href)="(https?:|/)', page)


def test_every_figure_has_its_data_and_what_made_it(page):
    figures = re.findall(r"<figure.*?</figure>", page.partition("<noscript>")[0], re.DOTALL)
    figures += re.findall(r"<figure.*?</figure>", page.partition("</noscript>")[2], re.DOTALL)
    assert len(figures) == 1 + 2 * 4 + 4 + 2 + 3
    rules = "".join(path.read_text() for path in ROOT.glob("workflow/rules/*.smk"))
    for figure in figures[1:]:  # the first is drawn by the page itself
        rule, script = re.search(r"Made by rule <code>(\w+)</code> with <code>([^<]+)</code>, ", figure).groups()
        assert f"rule {rule}:" in rules
        assert (ROOT / script).is_file()
        assert 'href="#provenance"' in figure
        assert re.search(r'<a href="media/[^"]+\.csv(\.gz)?" download>', figure) or rule == "comparison"


def test_the_verdicts_come_first_and_the_provenance_last(page):
    order = ["verdicts", "set-up", "experiment-first", "comparison-pair", "experiment-second", "killed", "claims"]
    places = [page.index(f'<section id="{name}">') for name in [*order, "methods", "provenance"]]
    assert places == sorted(places)


def test_numbers_are_those_of_the_table(page):
    cells = re.findall(r"<td>([^<]*)</td>", page.partition('<section id="final">')[2])
    assert cells[:8] == ["1", "10.20%", "10.10%", "10.00%", "10.3%", "7", "7", "7"]


def test_every_claim_is_shown_with_its_verdict(page):
    evaluations = sum(len(claim.evaluations) for claim in all_claims())
    assert all(f'id="claim-{claim.id}"' in page for claim in all_claims())
    assert page.count('<span class="verdict not-tested">not tested</span>') == evaluations - 2
    of_article = sum(len(claim.evaluations) for claim in all_claims() if claim.source == "article")
    assert page.count('<strong class="verdict not-tested">not tested</strong>') == of_article - 2
    assert re.search(r'<strong class="verdict reproduced">reproduced</strong> with [a-z ]+: 0.12 points', page)
    row = page.partition('id="claim-bn-lowers-test-accuracy"')[2].partition("</tr>")[0]
    assert "<td>0.12 points</td>" in row
    assert "<td>0.05 to 0.19</td>" in row
    assert '<span class="verdict reproduced">reproduced</span>' in row
    # Where the two ways of testing differ, a paragraph says so, with the numbers of the table.
    surprising = " ".join(page.partition("What is surprising")[2].split())
    assert "the accuracy is lower by 0.34 points with mini-batch statistics (not reproduced)" in surprising
    assert "and higher by 0.12 points with running averages (reproduced)" in surprising


def test_text_of_the_configuration_is_escaped(page):
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_a_run_of_two_experiments_is_shown_once(page):
    assert page.count('<article class="run" id="run-bn-relu-b100-s1">') == 1
    assert 'id="run-bn-relu-b100-s2"' not in page
    assert page.count('<a href="#run-bn-relu-b100-s1">shown above</a>') == 1


def test_the_player_is_given_the_runs_of_the_first_seed(page, tmp_path):
    (data,) = re.findall(r'<script type="application/json">(.*?)</script>', page)
    assert list(json.loads(data)["runs"]) == ["bn-relu-b100-s1", "nobn-relu-b100-s1", "bn-relu-b500-s1"]
    for name in json.loads(data)["runs"].values():
        assert (tmp_path / "report" / "media" / f"{name}.pack.js").is_file()
    chosen = re.findall(r'<option value="([^"]*-s1)" selected>', page)
    assert chosen == ["bn-relu-b100-s1", "nobn-relu-b100-s1"]
    strip = tmp_path / "report" / "media" / "bn-relu-b100-s1-sprites-000.webp"
    assert strip.read_text() == "runs/bn-relu-b100-s1/sprites/000.webp"


def test_the_charts_have_their_data(page, tmp_path):
    packs = re.findall(r'data-chart="([^"]+)"', page)
    assert packs == ["chart-first", "chart-second"]
    for pack in [*packs, "plotly"]:
        assert (tmp_path / "report" / "media" / f"{pack}.pack.js").is_file()
    table = pd.read_csv(tmp_path / "report" / "media" / "first.csv")
    assert table["run"].nunique() == 4


def test_links_lead_somewhere(page):
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(re.findall(r'id="([^"]+)"', page))


MANY = {
    "seeds": [1],
    "experiments": {
        "one": {"title": "One", "grids": [{"batch_norm": [True, False], "batch_size": list(range(2, 32))}]}
    },
    "comparisons": {
        "pair": {
            "title": "Pair",
            "left": {"batch_norm": True, "batch_size": 30},
            "right": {"batch_norm": False, "batch_size": 30},
        }
    },
}


def test_of_many_runs_the_page_says_what_they_have_in_common(tmp_path):
    page = page_of(MANY, tmp_path)
    assert "<td>BN (30); no BN (30)</td>" in page.partition('id="set-up"')[2]
    final = page.partition('<section id="final">')[2].partition("</section>")[0]
    assert re.findall(r'<th scope="row">(\w+)</th>', final) == ["lowest", "median", "highest"]
    # The curves, and their data, are those of all runs together.
    table = pd.read_csv(tmp_path / "report" / "media" / "one.csv.gz")
    assert set(table["curve"]) == {"highest of 60 runs", "median of 60 runs", "lowest of 60 runs"}
    # Of the runs themselves there are as many as are listed, and those of the comparison are among them.
    player = json.loads(re.search(r'<script type="application/json">(.*?)</script>', page)[1])
    assert len(player["runs"]) == page.count('<article class="run"') == sections.LISTED
    assert re.findall(r'<option value="([^"]*-s1)" selected>', page) == ["bn-relu-b30-s1", "nobn-relu-b30-s1"]
    assert "50 of 60 networks can be chosen" in " ".join(page.split())
    assert "nobn-relu-b31-s1" not in page


def test_runs_that_would_make_the_page_too_large_are_left_out(tmp_path, monkeypatch):
    monkeypatch.setattr(sections, "BUDGET", 0)
    page = page_of(MANY, tmp_path)
    player = json.loads(re.search(r'<script type="application/json">(.*?)</script>', page)[1])
    assert list(player["runs"]) == ["bn-relu-b30-s1", "nobn-relu-b30-s1"]
    assert len(list((tmp_path / "report" / "media").glob("*.webp"))) == 2
    assert "2 of 60 networks are shown by themselves" in page
