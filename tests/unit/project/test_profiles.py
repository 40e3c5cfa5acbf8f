"""The profile for clusters: that no rule is forgotten in it."""

import re

import yaml

from helpers import ROOT


def test_every_rule_belongs_to_a_submission():
    groups = yaml.safe_load((ROOT / "profiles/slurm/config.yaml").read_text())["groups"]
    rules = "".join(file.read_text() for file in ROOT.glob("workflow/rules/*.smk"))
    names = set(re.findall(r"^rule (\w+):|^use rule \w+ as (\w+) with:", rules, re.MULTILINE))
    assert set(groups) == {name for pair in names for name in pair if name and not name.startswith("fetch")}
