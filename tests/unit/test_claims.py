"""claims.yaml is whole, and a claim finds its runs in the configuration."""

import inspect

import yaml

from dying_relu import captions, judging, verdicts
from dying_relu.claims import all_claims, runs_needed
from dying_relu.config import load
from dying_relu.judging import judge
from helpers import ROOT

ARTICLE = [
    "no-death-with-bn",
    "small-batch-penalty",
    "even-change-with-bn",
    "gray-background-with-bn",
    "saturated-training-without-bn",
    "bn-lowers-test-accuracy",
    "slopes-agree",
    "no-death-with-leaky",
    "black-units-leaky-without-bn",
    "bn-lowers-test-accuracy-leaky",
    "about-98-percent",
]

CLAIMS = {claim.id: claim for claim in all_claims()}


def config(**changes):
    return load(yaml.safe_load((ROOT / "config.yaml").read_text()) | changes)


def claims_with_runs(**changes) -> set[str]:
    found = config(**changes)
    return {claim.id for claim in all_claims() if claim.runs_in(found)}


def test_every_conclusion_of_the_article_is_there_once():
    assert [claim.id for claim in all_claims() if claim.source == "article"] == ARTICLE


def test_every_claim_is_measured_and_nothing_else_is():
    functions = {
        name
        for name, function in inspect.getmembers(verdicts, inspect.isfunction)
        if inspect.signature(function).return_annotation == list[verdicts.Interval]
    }
    assert functions == {claim.replace("-", "_") for claim in CLAIMS}


def test_every_entry_is_complete():
    kinds = {"summary", *captions.OF_EXPERIMENTS, *captions.OF_COMPARISONS}
    for claim in all_claims():
        assert claim.figure in kinds
        assert set(claim.evaluations) <= set(judging.EVALUATIONS)
        assert claim.evidence in ("seeds", "units")
        assert all(quantity.shown_as in ("percent", "points") for quantity in claim.quantities)
        assert all(quantity.allowed for quantity in claim.quantities)
        assert claim.statement.endswith(".")
        assert (claim.source == "article") == bool(claim.place)


def test_every_kind_of_figure_has_a_caption():
    assert list(captions.load()) == [*captions.OF_EXPERIMENTS, *captions.OF_COMPARISONS]
    for caption in captions.load().values():
        assert caption.keys() == {"title", "shows", "read"}


def test_a_rule_says_its_numbers():
    assert "at least 0.50 points and at most 2.00 points. Tolerance: half a point" in CLAIMS["small-batch-penalty"].rule
    assert "without BN: below 1.00 %; the same with BN: at least 1.00 %" in CLAIMS["saturated-training-without-bn"].rule


def test_the_article_s_configuration_tests_every_claim():
    assert claims_with_runs() == set(CLAIMS)
    assert runs_needed(config()).keys() == config().runs.keys()


def test_seeds_give_groups_of_their_own():
    first, second = CLAIMS["small-batch-penalty"].runs_in(config(seeds=[7, 8]))
    assert [run.seed for run in first["small"] + first["others"]] == [7] * 5
    assert [run.batch_size for run in second["others"]] == [50, 100, 200, 500]


def test_a_claim_without_its_runs_is_not_claims_with_runs():
    experiments = {"one": {"title": "One", "grids": [{"batch_norm": [True, False], "batch_size": 100}]}}
    found = claims_with_runs(experiments=experiments, comparisons={})
    assert "bn-lowers-test-accuracy" in found
    assert found.isdisjoint({"no-death-with-bn", "slopes-agree", "no-death-with-leaky", "about-98-percent"})


def test_a_claim_about_later_epochs_is_not_tested_before():
    assert set(CLAIMS) - claims_with_runs(epochs=19) == {"slopes-agree"}
    assert claims_with_runs(epochs=20) == set(CLAIMS)


def test_what_all_runs_share_holds_for_the_claims_too():
    found = config(run={"train_images": 2000, "learning_rate": 0.01})
    (groups,) = CLAIMS["bn-lowers-test-accuracy"].runs_in(found)
    assert groups["with"][0].learning_rate == 0.01


def test_runs_that_cannot_be_are_not_claims_with_runs():
    experiments = {"one": {"title": "One", "grids": [{"batch_size": 100}]}}
    assert claims_with_runs(run={"train_images": 300}, experiments=experiments, comparisons={}) == set()


def test_what_is_not_tested_has_a_row_all_the_same():
    row = judge(CLAIMS["slopes-agree"], "running", [])
    assert (row["verdict"], row["seeds"], row["details"]) == ("not tested", 0, "")
    assert row["measured"] != row["measured"]
