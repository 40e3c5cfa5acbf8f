"""claims.yaml is complete, and a claim finds its runs in the configuration."""

import inspect

import pytest
import yaml

from dying_relu.claims import quantities, verdicts
from dying_relu.claims.claims import all_claims, runs_needed
from dying_relu.claims.intervals import Share
from dying_relu.claims.verdicts import judge_claims
from dying_relu.configuration.config import load_config
from dying_relu.report import captions
from helpers import ROOT

# config.yaml's runs, with every parameter written out that could be taken from `run`.
RELU = {"activation": "relu", "negative_slope": None}
ARTICLE_GRID = {"batch_norm": True, **RELU, "batch_size": [10, 50, 100, 200, 500]}
REFERENCES = [
    {"batch_norm": False, **RELU, "batch_size": 100},
    {"batch_norm": True, "activation": "leaky_relu", "negative_slope": [0.001, 0.01, 0.18, 0.5], "batch_size": 100},
    {"batch_norm": False, "activation": "leaky_relu", "negative_slope": 0.001, "batch_size": 100},
]

CLAIMS = {claim.id: claim for claim in all_claims()}


CONTROLS = {"reshuffling-causes-errors-with-bn", "bn-prevents-deaths-small-batch"}  # need more than the article's runs


def config(**changes):
    return load_config(yaml.safe_load((ROOT / "config.yaml").read_text()) | changes)


def claims_with_runs(**changes) -> set[str]:
    configuration = config(**changes)
    return {claim.id for claim in all_claims() if claim.runs_in(configuration)}


def test_every_claim_is_measured_and_nothing_else_is():
    functions = {
        name
        for name, function in inspect.getmembers(quantities, inspect.isfunction)
        if inspect.signature(function).return_annotation in (list[float], list[Share])
    }
    assert functions == {claim.replace("-", "_") for claim in CLAIMS}


def test_every_entry_is_complete():
    assert sum(claim.source == "article" for claim in CLAIMS.values()) == 14
    kinds = {"summary", *captions.OF_EXPERIMENTS, *captions.OF_COMPARISONS}
    for claim in all_claims():
        assert claim.figure in kinds
        assert set(claim.evaluations) <= set(verdicts.LABELS)
        assert set(claim.depends_on) <= {"window", "dw", "frames"}
        assert ("window" in claim.depends_on) <= (set(claim.evaluations) != {"any"} or claim.id.startswith("penalty"))
        assert bool(claim.last_epoch) <= ("frames" in claim.depends_on)
        assert all(quantity.shown_as in ("percent", "points") for quantity in claim.quantities)
        assert all(quantity.allowed for quantity in claim.quantities)
        names = [quantity.name for quantity in claim.quantities]
        assert len(set(names)) == len(names)  # claims_seeds.csv tells them apart by it
        assert claim.statement.endswith(".")
        assert (claim.source == "article") == bool(claim.place)
        assert claim.source.startswith("this project") != bool(claim.quote and claim.translation)


def test_every_kind_of_figure_has_a_caption():
    assert list(captions.load_captions()) == [
        *captions.OF_EXPERIMENTS,
        *captions.OF_COMPARISONS,
        *captions.OF_MULTIVERSE,
    ]
    for caption in captions.load_captions().values():
        assert caption.keys() == {"title", "shows", "read"}
        assert all(text.strip() for text in caption.values())


def test_a_rule_says_its_numbers():
    assert "at least 0.50 points and at most 2.00 points. Tolerance: half a point" in CLAIMS["small-batch-penalty"].rule
    assert "without BN: below 1.00 %; the same with BN: at least 1.00 %" in CLAIMS["saturated-training-without-bn"].rule


def test_the_article_s_configuration_tests_its_claims():
    assert claims_with_runs() == set(CLAIMS) - CONTROLS
    assert claims_with_runs(epochs=20) == set(CLAIMS) - CONTROLS
    assert claims_with_runs(epochs=19) == set(CLAIMS) - CONTROLS - {"slopes-agree", "slopes-agree-with-relu"}
    assert runs_needed(config()).keys() == config().runs.keys()


def test_controls_test_the_others():
    file = yaml.safe_load((ROOT / "workflow/experiments/controls.yaml").read_text())
    whole = yaml.safe_load((ROOT / "config.yaml").read_text())
    assert claims_with_runs(experiments=whole["experiments"] | file["experiments"]) == set(CLAIMS)


def test_seeds_give_groups_of_their_own():
    by_seed = CLAIMS["small-batch-penalty"].runs_in(config(seeds=[7, 8]))
    assert list(by_seed) == [7, 8]
    assert [run.seed for run in by_seed[7]["small"] + by_seed[7]["others"]] == [7] * 5
    assert [run.batch_size for run in by_seed[8]["others"]] == [50, 100, 200, 500]


def only(*grids: dict) -> dict:
    """The settings that leave one experiment, of these grids."""
    return {"experiments": {"one": {"title": "One", "grids": list(grids)}}, "comparisons": {}}


PAIR = {
    "gray-background-with-bn",
    "saturated-training-without-bn",
    "memorised-without-bn",
    "bn-lowers-test-accuracy",
    "bn-prevents-deaths",
    "gray-background-while-strokes-are-bright",
    "two-causes-of-black",
}
SIZES = {claim for claim in CLAIMS if CLAIMS[claim].runs.keys() <= {"sizes", "small", "others"}}
LEAKY_PAIR = {"black-units-leaky-without-bn", "bn-lowers-test-accuracy-leaky"}
LEAKY = {"activation": "leaky_relu", "negative_slope": 0.001}


@pytest.mark.parametrize(
    ("grids", "tested"),
    [
        ([{"batch_norm": [True, False]}], PAIR),
        ([{"batch_norm": False}], {"two-causes-of-black"}),
        ([{"batch_norm": [True, False], **LEAKY}], LEAKY_PAIR),
        # One of the five sizes is missing, or there is a sixth.
        ([{"batch_size": [10, 50, 100, 200]}, {"batch_norm": False}], PAIR),
        ([{"batch_size": [10, 20, 50, 100, 200, 500]}], SIZES),
        ([{"batch_norm": [True, False], "hidden": [[64], [64, 64]]}], set()),
    ],
)
def test_a_claim_is_tested_where_all_of_its_runs_are_configured(grids, tested):
    assert claims_with_runs(**only(*grids)) == tested


def test_claims_without_runs_have_rows_too():
    def no_tables(run):
        raise AssertionError(f"{run.name} is not needed")

    table, values = judge_claims(config(**only({"batch_size": 20})), no_tables)
    assert values.empty
    first_columns = "claim,statement,evaluation,article,measured,low,high,seeds,rule,verdict"
    assert ",".join(list(table)[:10]) == first_columns
    evaluations = [(claim.id, verdicts.LABELS[key]) for claim in all_claims() for key in claim.evaluations]
    assert list(zip(table["claim"], table["evaluation"], strict=True)) == evaluations
    assert {*zip(table["verdict"], table["seeds"], table["details"], strict=True)} == {("not tested", 0, "")}
    assert table[["measured", "low", "high"]].isna().all(axis=None)
    assert runs_needed(config(**only({"batch_size": 20}))) == {}


def test_a_claim_says_of_its_runs_what_sets_them_apart():
    """The runs are the same whatever `run` says of BN, activation and mini-batch size; all else that it says holds."""
    other = config(run={"batch_norm": False, "batch_size": 30, **LEAKY}, **only(ARTICLE_GRID, *REFERENCES))
    assert {run.name for run in runs_needed(other).values()} == set(config().runs)
    shared = {"train_images": 2000, "learning_rate": 0.01, "hidden": [64, 32]}
    for run in runs_needed(config(run=shared)).values():
        assert (run.train_images, run.learning_rate, run.hidden) == (2000, 0.01, (64, 32))
    # Mini-batches of 500, which other claims ask for, cannot be had from 300 images.
    assert claims_with_runs(run={"train_images": 300}, **only({"batch_norm": [True, False]})) == PAIR
