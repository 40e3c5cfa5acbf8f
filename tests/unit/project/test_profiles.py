"""The profile for clusters: that no rule is forgotten in it."""

import re

import yaml

from helpers import ROOT


def test_every_rule_belongs_to_a_submission():
    groups = yaml.safe_load((ROOT / "profiles/slurm/config.yaml").read_text())["groups"]
    rules = "".join(file.read_text() for file in ROOT.glob("workflow/rules/*.smk"))
    assert set(groups) == set(re.findall(r"^rule (\w+):", rules, re.MULTILINE))  # fetching stays where Snakemake runs
