"""Every interval of claims.csv follows from claims_seeds.csv, as the two files stand on the disk."""

import math

import numpy as np
import pandas as pd
import pytest
import yaml
from scipy import stats

from dying_relu.claims.claims import all_claims
from dying_relu.claims.quantities import RunTables
from dying_relu.claims.verdicts import judge_claims
from dying_relu.configuration.config import Config, load_config
from dying_relu.configuration.run import Run
from dying_relu.io.columns import CLAIMS_SEEDS, METRICS
from dying_relu.io.writers import write_csv
from helpers import ROOT

EPOCHS, UNITS, SEEDS = 24, 8, [3, 1, 2]
CLAIMS = {claim.id: claim for claim in all_claims()}


def made_up_tables(run: Run, folder) -> RunTables:
    """Random tables of a run, which no other run has."""
    random = np.random.default_rng([*run.name.encode()])
    folder = folder / run.name
    folder.mkdir(exist_ok=True)
    metrics = pd.DataFrame(0.9 + 0.1 * random.random((EPOCHS, len(METRICS))), columns=METRICS)
    write_csv(metrics.assign(epoch=range(1, EPOCHS + 1)), folder / "metrics.csv")
    rows = EPOCHS * UNITS
    units = pd.DataFrame({"epoch": np.repeat(np.arange(1, EPOCHS + 1), UNITS), "background": 255 * random.random(rows)})
    units["dead"] = random.random(rows) < 0.01
    units["dark"] = np.tile(random.random(UNITS) < 0.2, EPOCHS) | (random.random(rows) < 0.1)
    units["inactive"] = random.random(rows) < 0.3
    units["dw_min"], units["dw_max"] = 0.0, np.where(units["dark"], 1e-6, random.random(rows))
    write_csv(units.astype({"dead": int, "dark": int, "inactive": int}), folder / "units.csv.gz")
    batches = pd.DataFrame({"epoch": range(1, EPOCHS + 1), "batch": 1, "accuracy": 1.0, "loss": 0.001})
    write_csv(batches.assign(accuracy=random.choice([0.9, 1], EPOCHS)), folder / "batches.csv.gz")
    return RunTables(folder)


def judged(config: Config, folder, tables_of=made_up_tables) -> tuple[pd.DataFrame, pd.DataFrame]:
    """claims.csv and claims_seeds.csv, written and read again."""
    files = [folder / "claims.csv", folder / "claims_seeds.csv"]
    for table, file in zip(judge_claims(config, lambda run: tables_of(run, folder)), files, strict=True):
        write_csv(table, file)
    return tuple(pd.read_csv(file) for file in files)


def with_controls(**changes) -> Config:
    article, controls = (
        yaml.safe_load((ROOT / file).read_text()) for file in ("config.yaml", "workflow/experiments/controls.yaml")
    )
    experiments = article["experiments"] | controls["experiments"]
    return load_config(article | {"epochs": EPOCHS, "experiments": experiments} | changes)


def recomputed(rows: pd.DataFrame) -> tuple[float, float, float]:
    """Mean, low and high of a quantity, from textbook formulas and its rows of claims_seeds.csv alone."""
    mean, seeds = rows["value"].mean(), len(rows)
    error = rows["value"].std() / math.sqrt(seeds)
    if rows["count"].isna().all():
        half = stats.t.ppf(0.975, seeds - 1) * error
        return mean, mean - half, mean + half
    count = rows["count"].sum()
    if error:
        scattered = mean * (1 - mean) / error**2
        count = min(count, scattered * (stats.t.ppf(0.975, count - 1) / stats.t.ppf(0.975, seeds - 1)) ** 2)
    found = mean * count
    low = stats.beta.ppf(0.025, found, count - found + 1) if found else 0
    return mean, low, stats.beta.ppf(0.975, found + 1, count - found) if found < count else 1


@pytest.fixture(scope="module")
def tables(tmp_path_factory) -> tuple[pd.DataFrame, pd.DataFrame]:
    return judged(with_controls(seeds=SEEDS), tmp_path_factory.mktemp("claims"))


def test_every_interval_can_be_recomputed(tables):
    claims, values = tables
    assert list(values) == CLAIMS_SEEDS
    assert len(claims) == sum(len(claim.evaluations) for claim in CLAIMS.values())
    for row in claims.to_dict("records"):
        claim = CLAIMS[row["claim"]]
        own = values[(values["claim"] == claim.id) & (values["evaluation"] == row["evaluation"])]
        assert list(own["quantity"].unique()) == [quantity.name for quantity in claim.quantities]
        intervals = {name: recomputed(rows) for name, rows in own.groupby("quantity", sort=False)}
        shown = []
        for quantity in claim.quantities:
            mean, low, high = intervals[quantity.name]
            shown.append(f"{quantity.name}: {quantity.show(mean)} [{quantity.number(low)}, {quantity.number(high)}]")
        first = intervals[claim.quantities[0].name]
        assert (row["measured"], row["low"], row["high"]) == pytest.approx(first, rel=1e-6)
        found = row["details"].split("; ")
        assert [part.partition(", equivalent")[0] for part in found] == shown


def test_there_is_a_row_for_every_seed(tables):
    claims, values = tables
    assert set(claims["seeds"]) == {len(SEEDS)}
    for _, rows in values.groupby(["claim", "evaluation", "quantity"]):
        assert list(rows["seed"]) == SEEDS
        assert len({*rows["count"].fillna(0)}) == 1
    counts = values.groupby("claim")["count"].first()
    assert counts["no-death-with-bn"] == UNITS  # of one network
    assert counts["saturated-training-without-bn"] == 1
    assert math.isnan(counts["bn-lowers-test-accuracy"])


def test_the_values_of_a_single_seed_are_what_is_measured(tmp_path):
    claims, values = judged(with_controls(seeds=[5]), tmp_path)
    first = values.drop_duplicates(["claim", "evaluation"])
    assert first["value"].to_numpy() == pytest.approx(claims["measured"].to_numpy(), nan_ok=True)
    assert set(claims["verdict"]) <= {"agrees", "disagrees"}


def test_a_seed_that_diverged_has_rows_without_a_value(tmp_path):
    def diverged_with_seed_1(run: Run, folder) -> RunTables:
        tables = made_up_tables(run, folder)
        if run.seed == 1:
            rows = tables.metrics.assign(**dict.fromkeys(METRICS[1:], math.nan))
            write_csv(rows.assign(epoch=tables.metrics["epoch"]), tables.folder / "metrics.csv")
        return RunTables(tables.folder)

    claims, values = judged(with_controls(seeds=SEEDS), tmp_path, diverged_with_seed_1)
    assert set(claims["verdict"]) == {"undecided"}
    assert claims["measured"].isna().all()
    assert set(values.loc[values["value"].isna(), "seed"]) == {1}
    assert values.loc[values["seed"] == 1, "value"].isna().all()
