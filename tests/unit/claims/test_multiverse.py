"""The multiverse of two made-up networks: what each choice does to what a claim measures."""

import numpy as np
import pandas as pd
import pytest
import yaml

from dying_relu.claims.claims import all_claims
from dying_relu.claims.multiverse import judge_multiverse
from dying_relu.configuration.config import load_config
from dying_relu.io.columns import METRICS, MULTIVERSE
from helpers import ROOT

EPOCHS, UNITS = 80, 100
WORLD = {"title": "Other", "reason": "", "admissible": False}


@pytest.fixture(scope="module")
def multiverse(tmp_path_factory) -> pd.DataFrame:
    folder = tmp_path_factory.mktemp("runs")
    article = yaml.safe_load((ROOT / "config.yaml").read_text())
    world = WORLD | {"reason": "Why not", "run": {"input_scaling": "standardized"}}
    grids = [{"batch_norm": [True, False]}]
    config = load_config(
        article
        | {"epochs": EPOCHS, "seeds": [1, 2], "worlds": {"other": world}, "comparisons": {}}
        | {"experiments": {"one": {"title": "One", "grids": grids}}, "run": {"train_images": 1030}}
    )
    for run in config.runs.values():
        (folder / run.name).mkdir()
        write_tables(run, folder / run.name)
    return judge_multiverse(config, folder)


def write_tables(run, folder) -> None:
    """Backgrounds of dW of the sum: mid-gray up to epoch 60, then black; of the mean, a thirtieth of it, a dark square.

    The last of 1,030 images are a mini-batch of 30. Without BN accuracy is 2 points higher, but for the last epoch.
    """
    accuracy = np.full(EPOCHS, 0.95 if run.batch_norm else 0.97)
    accuracy[-1] = 0.95
    metrics = pd.DataFrame(0.5, index=range(EPOCHS), columns=METRICS).assign(epoch=range(1, EPOCHS + 1))
    metrics.assign(test_accuracy=accuracy, test_accuracy_batch_statistics=0.9).to_csv(
        folder / "metrics.csv", index=False
    )
    epoch = np.repeat(np.arange(1, EPOCHS + 1), UNITS)
    low = np.where((epoch <= 60) & run.batch_norm, -1.5e-4, 0.0)
    high = low + 3e-4
    background = 255 * -low / 4e-4
    units = {
        "epoch": epoch,
        "dw_min": low,
        "dw_max": high,
        "background": background,
        "dark": 0,
        "dead": 0,
        "inactive": 0,
    }
    pd.DataFrame(units).to_csv(folder / "units.csv.gz", index=False)
    batches = {"epoch": range(1, EPOCHS + 1), "batch": 1, "accuracy": 1.0, "loss": 0.1}
    pd.DataFrame(batches).to_csv(folder / "batches.csv.gz", index=False)


def rows(multiverse: pd.DataFrame, claim: str, **chosen: str) -> pd.DataFrame:
    own = multiverse[multiverse["claim"] == claim]
    for axis, value in chosen.items():
        own = own[own[axis] == value]
    return own


def test_runs_that_a_world_makes_the_same_are_not_compared():
    article = yaml.safe_load((ROOT / "config.yaml").read_text())
    world = WORLD | {"reason": "Why not", "run": {"batch_size": 50}}
    config = load_config(article | {"worlds": {"other": world}})
    untested = {claim.id for claim in all_claims() if claim.runs_in(config) and not claim.runs_in(config, "other")}
    sizes = {"no-death-with-bn", "small-batch-penalty", "even-change-with-bn", "about-98-percent"}
    assert untested == sizes | {"penalty-comes-from-testing"}


def test_columns_and_axes(multiverse):
    assert list(multiverse) == MULTIVERSE
    claim = rows(multiverse, "bn-lowers-test-accuracy", world="base")
    assert len(claim) == 2 * 3  # tests and windows
    assert set(claim["dw"]) == set(claim["frames"]) == {""}
    claim = rows(multiverse, "gray-background-with-bn", world="base")
    assert set(zip(claim["dw"], claim["frames"], strict=True)) == {
        (dw, frames) for dw in ("gradient_of_sum", "gradient") for frames in ("60", "all")
    }
    assert set(claim["window"]) == {""}
    assert multiverse.groupby("world")["admissible"].unique().to_dict() == {"base": [True], "other": [False]}


def test_windows_and_tests(multiverse):
    found = rows(multiverse, "bn-lowers-test-accuracy", world="base").set_index(["evaluation", "window"])["measured"]
    assert found["running averages"].to_dict() == pytest.approx(
        {"second half": 0.02, "last tenth": 0.02 * 7 / 8, "last epoch": 0}
    )
    assert found["mini-batch statistics"].to_dict() == pytest.approx(dict.fromkeys(found["running averages"].index, 0))


def test_frames_and_dw(multiverse):
    found = rows(multiverse, "gray-background-with-bn", world="base").set_index(["dw", "frames"])["measured"]
    # Of the sum, brightest pixels have 255 * 3 / 4, and no square is dark. Of the mean all are, as 3e-4 / 30 is 1e-5.
    assert found["gradient_of_sum"].to_dict() == pytest.approx({"60": 1, "all": 0.75})
    assert found["gradient"].isna().all()
    black = rows(multiverse, "two-causes-of-black", world="base").set_index(["dw", "frames"])["measured"]
    assert black["gradient_of_sum"].isna().all()  # nothing is dark
    assert black["gradient"].to_dict() == {"60": 0, "all": 0}  # and nothing inactive


def test_a_claim_about_backgrounds_is_not_tested_where_no_pixel_is_0(multiverse):
    assert set(rows(multiverse, "gray-background-with-bn", world="other")["verdict"]) == {"not tested"}
    assert "not tested" not in set(rows(multiverse, "bn-lowers-test-accuracy", world="other")["verdict"])
    assert set(rows(multiverse, "slopes-agree")["verdict"]) == {"not tested"}
