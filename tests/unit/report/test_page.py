"""The page: what it shows, and where it takes it from."""

import json
import math
import re
from pathlib import Path

import pandas as pd
import pytest

from dying_relu.claims.claims import all_claims
from dying_relu.configuration.config import Config
from dying_relu.report import experiments
from dying_relu.report.page import write_page
from helpers import ROOT
from made_up import MARKUP, made_up_config, made_up_page, made_up_results

EXPERIMENTS = {
    "first": {"title": MARKUP, "grids": [{"batch_norm": [True, False]}]},
    "second": {"title": "Second", "grids": [{"batch_size": [100, 300]}]},
}
SIDES = {"left": {"batch_size": 100}, "right": {"batch_size": 300}}
LARGE = {"one": {"title": "One", "grids": [{"batch_norm": [True, False], "batch_size": [100, *range(2, 31)]}]}}


@pytest.fixture(scope="module")
def config() -> Config:
    return made_up_config(epochs=2, experiments=EXPERIMENTS)


@pytest.fixture(scope="module")
def report(config, tmp_path_factory) -> Path:
    """The folder of a report from made-up results."""
    return made_up_page(tmp_path_factory.mktemp("made-up"), config).parent


@pytest.fixture(scope="module")
def page(report) -> str:
    return (report / "index.html").read_text()


def player_data(page: str) -> dict[str, str]:
    """The runs that the player offers, and the addresses of their data."""
    (content,) = re.findall(r'<script type="application/json">(.*?)</script>', page)
    return json.loads(content)["data"]


def test_everything_that_the_page_shows_or_links_lies_beside_it(page, report):
    sources = re.findall(r'src="([^"]+)"', page)
    # The scripts; of each experiment four figures, of the comparison four, of each run of the first seed one.
    assert len(set(sources)) == 5 + 2 * 4 + 4 + 3
    links = re.findall(r'href="([^"#]+)"', page)
    assert "assets/style.css" in links
    data = [*re.findall(r'data-chart="([^"]+)"', page), *player_data(page).values()]
    assert len(data) == 2 + 3
    assert all((report / address).is_file() for address in sources + links + data)
    assert not re.search(r'(src|href)="(https?:|/)', page)
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(re.findall(r'id="([^"]+)"', page))


def test_every_figure_has_its_data_and_its_origin(page):
    drawing, *figures = re.findall(r"<figure.*?</figure>", page, re.DOTALL)
    assert "<svg" in drawing  # of the network, by the page itself
    assert len(figures) == 2 * 4 + 4 + 2 + 3
    rules = "".join(path.read_text() for path in ROOT.glob("workflow/rules/*.smk"))
    for figure in figures:
        rule, script = re.search(r"Made by rule <code>(\w+)</code> with <code>([^<]+)</code>,", figure).groups()
        assert f"rule {rule}:" in rules
        assert (ROOT / script).is_file()
        assert 'href="#provenance"' in figure
        assert re.search(r'<a href="assets/[^"]+\.csv(\.gz)?" download>', figure) or rule == "comparison"


def test_numbers_are_those_of_the_tables(config, page, report):
    first = pd.read_csv(report.parent / "results" / "final.csv").iloc[0]
    cells = re.findall(r"<td>([^<]*)</td>", page.partition('<section id="final">')[2])
    shares = ["test_accuracy_batch_statistics", "test_accuracy", "train_accuracy"]
    counts = ["dead_units", "inactive_units", "dark_units"]
    shown = [f"{first[column]:.2%}" for column in shares]
    shown += [f"{first['perfect_batches']:.1%}", *(f"{first[column]:.0f}" for column in counts)]
    assert cells[1:8] == shown
    table = pd.read_csv(report / "assets" / "charts" / "first.csv")
    assert set(table["run"]) == {run.name for run in config.experiments["first"].runs}


def test_every_claim_is_shown_with_its_verdict(page):
    evaluations = sum(len(claim.evaluations) for claim in all_claims())
    assert all(f'id="claim-{claim.id}"' in page for claim in all_claims())
    table = page.partition('<section id="claims">')[2]
    assert table.count('<span class="verdict not-tested">not tested</span>') == evaluations - 2
    row = page.partition('id="claim-bn-lowers-test-accuracy"')[2].partition("</tr>")[0]
    verdict = '<span class="verdict reproduced">reproduced</span>'
    assert f"<td>0.12 points</td>\n<td>0.05 to 0.19</td>\n<td>{verdict}" in row
    # Where the two ways of testing differ, a paragraph says so, with the numbers of the table.
    surprising = " ".join(page.partition("What is surprising")[2].split())
    assert "the accuracy is lower by 0.34 points with mini-batch statistics (not reproduced)" in surprising
    assert "and higher by 0.12 points with running averages (reproduced)" in surprising
    # At the top claims are counted, not their readings.
    counted = "Of the article's fourteen claims one depends on the test and thirteen were not tested."
    assert counted in page.replace("&#39;", "'")


def test_a_claim_that_has_chosen_an_assumption_is_marked(page):
    for claim in all_claims():
        own = page.partition(f'id="claim-{claim.id}"')[2].partition("</tr>")[0]
        assert (f"used to choose an assumption: {claim.used_to_choose}<" in own) == bool(claim.used_to_choose)


def test_the_verdict_of_one_seed_has_a_hollow_mark(tmp_path):
    config = made_up_config(seeds=1, epochs=2, experiments=EXPERIMENTS)
    results = made_up_results(tmp_path, config)
    claims = pd.read_csv(results / "claims.csv")
    tested = claims["verdict"] != "not tested"
    claims.loc[tested, ["low", "high", "seeds"]] = math.nan, math.nan, 1
    claims.loc[tested, "verdict"] = ["agrees", "undecided"]
    claims.to_csv(results / "claims.csv", index=False)
    write_page(tmp_path / "report", config, results)
    page = (tmp_path / "report" / "index.html").read_text()
    for word in ("agrees", "undecided"):  # at a glance, and in the table
        assert page.count(f'<span class="verdict {word} one-seed">{word}</span>') == 2
    assert page.count("<td>one seed</td>") == 2
    assert "claims, judged on one seed, one depends on the test" in page
    style = (tmp_path / "report" / "assets" / "style.css").read_text()
    assert re.search(r"\.one-seed { background: none;", style)


def test_text_of_the_configuration_is_escaped(page):
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_the_runs_of_the_first_seed_are_shown_once_and_in_the_player(config, page):
    (run,) = set(config.experiments["first"].runs[:1]) & set(config.experiments["second"].runs)
    assert page.count(f'<article class="run" id="run-{run.name}">') == 1
    assert page.count(f'<a href="#run-{run.name}">shown above</a>') == 1
    assert page.count('<article class="run"') == 3
    runs = [run for run in config.runs.values() if run.seed == config.settings["seeds"][0]]
    assert list(player_data(page)) == [run.name for run in runs]
    chosen = re.findall(r'<option value="([^"]*)" selected>', page)
    assert chosen[1:] == [run.name for run in config.comparisons["pair"].runs]  # after the speed


def test_names_that_resemble_each_other_share_no_file(tmp_path):
    names = ["one", "units-one", "summary-one", "charts-one", "final", "style"]
    experiments = {name: {"title": name, "grids": [{"batch_size": [100, 300]}]} for name in names}
    comparisons = {name: {"title": name} | SIDES for name in names}
    page = made_up_page(tmp_path, made_up_config(seeds=1, epochs=1, experiments=experiments, comparisons=comparisons))
    figures = re.findall(r'<figure id="figure-(\w+)-([^"]+)".*?src="([^"]+)"', page.read_text(), re.DOTALL)
    assert len(figures) == len({source for _, _, source in figures}) == 7 * len(names)
    for kind, name, source in figures:
        path = f"figures/{name}" if kind == "summary" else f"figures/{kind}/{name}"
        assert f"<title>{path}</title>" in (page.parent / source).read_text()
    identifiers = re.findall(r' id="([^"]+)"', page.read_text())
    assert len(identifiers) == len(set(identifiers))


def test_of_many_runs_the_page_shows_the_range_and_some_individually(tmp_path, monkeypatch):
    config = made_up_config(seeds=1, epochs=1, experiments=LARGE)
    page = made_up_page(tmp_path, config).read_text()
    assert "<td>BN (30); no BN (30)</td>" in page.partition('id="set-up"')[2]
    final = page.partition('<section id="final">')[2].partition("</section>")[0]
    assert re.findall(r'<th scope="row">(\w+)</th>', final) == ["lowest", "median", "highest"]
    dead = pd.read_csv(tmp_path / "results" / "final.csv")["dead_units"]
    assert re.findall(r"<td>([^<]*)</td>", final)[4::7] == [f"{value:.0f}" for value in dead.quantile([0, 0.5, 1])]
    # The curves, and their data, pool all runs.
    table = pd.read_csv(tmp_path / "report" / "assets" / "charts" / "one.csv.gz")
    assert set(table["curve"]) == {"highest of 60 runs", "median of 60 runs", "lowest of 60 runs"}
    # As many runs as the page lists are shown, and those of the comparison are among them.
    assert len(player_data(page)) == page.count('<article class="run"') == experiments.MAX_LISTED
    compared = [run.name for run in config.comparisons["pair"].runs]
    assert set(compared) <= set(player_data(page))
    assert "50 of 60 networks can be chosen" in " ".join(page.split())
    assert list(config.runs)[-1] not in page
    # If they would make the page too large, only those of the comparison are left.
    monkeypatch.setattr(experiments, "MAX_BYTES", 0)
    write_page(tmp_path / "small", config, tmp_path / "results")
    page = (tmp_path / "small" / "index.html").read_text()
    assert list(player_data(page)) == compared
    assert len(list((tmp_path / "small" / "assets").rglob("*.webp"))) == 2
    assert "2 of 60 networks are shown individually" in page


def test_without_a_commit_the_page_says_why(config, report):
    path = report.parent / "results" / "provenance.json"
    provenance = json.loads(path.read_text()) | {"commit": None, "commit_unavailable": "git is not installed"}
    path.write_text(json.dumps(provenance))
    write_page(report.with_name("other"), config, path.parent)
    page = (report.with_name("other") / "index.html").read_text()
    assert "<dd>Unknown: git is not installed.</dd>" in page
    assert page.count(">commit unknown</a>") == page.count("Made by rule")
