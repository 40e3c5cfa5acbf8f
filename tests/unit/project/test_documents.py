"""Documents stay true."""

import re
import subprocess
import sys

import pandas as pd
import pytest
import yaml
from snakemake.utils import update_config

from dying_relu.claims.claims import all_claims
from dying_relu.configuration.config import load_config
from dying_relu.io import columns
from dying_relu.report.claim_counts import claims_in_words
from helpers import ROOT, setting

README = (ROOT / "README.md").read_text()


def arrows(graph: str) -> set[tuple[str, str]]:
    """The edges of a mermaid graph, by the names of its nodes."""
    names = dict(re.findall(r"(\w+)\[(\w+)\]", graph))
    return {(names.get(start, start), names.get(end, end)) for start, end in re.findall(r"(\w+) --> (\w+)", graph)}


def stage(rule: str) -> str:
    """The file that a rule stands in."""
    if rule.startswith("fetch_"):
        return "data"
    files = [file for file in ROOT.glob("workflow/rules/*.smk") if f"\nrule {rule}:" in file.read_text()]
    return files[0].stem if files else rule


def test_the_graph_of_stages_is_that_of_the_workflow():
    command = [sys.executable, "-m", "snakemake", "--rulegraph", "mermaid-js", *setting(results="none-yet")]
    graph = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    stages = {(stage(start), stage(end)) for start, end in arrows(graph)}
    shown = arrows(README.partition("```mermaid")[2].partition("```")[0])
    assert shown == {(start, end) for start, end in stages if start != end and end != "all"}


def test_links_and_paths_lead_somewhere():
    for target in re.findall(r"\]\(([^)#:]+)\)", README) + re.findall(
        r"`((?:workflow|envs|profiles|docs)/[^`<]*)`", README
    ):
        assert (ROOT / target).exists(), target


def test_every_column_is_explained():
    explained = (ROOT / "docs" / "output.md").read_text()
    tables = [table for key, table in vars(columns).items() if isinstance(table, list) and key != "RUNS"]
    names = {name for table in tables for name in table}  # the schema explains those of runs.csv
    assert len(names) > 30
    assert {name for name in names if f"`{name}`" not in explained} == set()


def test_the_example_of_another_experiment_is_accepted():
    example = yaml.safe_load(re.search(r"(?:^    .*\n)*^    experiments:\n(?:^    .*\n)+", README, re.MULTILINE)[0])
    settings = yaml.safe_load((ROOT / "config.yaml").read_text())
    update_config(settings, example)
    runs = load_config(settings).experiments["leaky_relu"].runs
    assert sorted(run.negative_slope for run in runs) == [0.001, 0.001, 0.01, 0.05, 0.1, 0.18, 0.5]


def test_the_claims_that_are_quoted_are_those_of_the_file():
    text = (ROOT / "docs" / "claims.md").read_text()
    claims = {claim.id: claim for claim in all_claims()}
    table = pd.read_csv(ROOT / "docs" / "claims.csv").fillna({"used_to_choose": ""})
    for row in table.to_dict("records"):
        first = claims[row["claim"]].quantities[0]
        evaluation = "" if row["evaluation"] == "any" else row["evaluation"]
        cells = [row["claim"], evaluation, first.show(row["measured"])]
        cells += [f"{first.number(row['low'])} to {first.number(row['high'])}", row["verdict"]]
        cells.append(row["used_to_choose"])
        assert f"| {' | '.join(cells)} |" in text
    readings = table[table["source"] == "article"].groupby("claim", sort=False)["verdict"].agg(list)
    assert claims_in_words([*readings], seeds=10) in " ".join(text.split())
    quoted = re.findall(r"-?[\d.]+ (?:points|%)\s\[[-\d.]+, [-\d.]+\]", text)
    assert len(quoted) > 15
    assert [words for words in quoted if words.replace("\n", " ") not in " ".join(table["details"])] == []
    seeds = pd.read_csv(ROOT / "docs" / "claims_seeds.csv")
    means = seeds.groupby(["claim", "evaluation", "quantity"], sort=False)["value"].mean()
    assert set(seeds.groupby(["claim", "evaluation", "quantity"])["seed"].agg(list).map(tuple)) == {tuple(range(1, 11))}
    for row in table.to_dict("records"):
        assert means[row["claim"], row["evaluation"]].iloc[0] == pytest.approx(row["measured"], abs=1e-8)
    for column in ("rule", "used_to_choose"):
        stated = {name: getattr(claim, column) for name, claim in claims.items()}
        assert dict(zip(table["claim"], table[column], strict=True)) == stated
