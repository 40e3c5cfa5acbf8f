"""What the figures of units show, as tables."""

import numpy as np
import pandas as pd
import pytest

from dying_relu.figures.comparisons import BINS, data


@pytest.fixture
def sides() -> dict:
    """A run of two seeds: two epochs of three units, one of which is dark, and silent in the second epoch."""
    units = pd.DataFrame({"epoch": [1, 1, 1, 2, 2, 2], "unit": [0, 1, 2] * 2, "layer": 1})
    units["active_fraction"] = [0.1, 0.2, 0.0, 0.4, 0.5, 0.0]
    units["background"] = [0.0, 250.0, 9.0, 100.0, 101.0, 9.0]
    units["inactive"] = [0, 0, 0, 0, 0, 1]
    units["dark"] = [0, 0, 1, 0, 0, 1]
    batches = pd.DataFrame({"epoch": [1, 1, 2], "batch": [1, 2, 1], "accuracy": [0.5, 1.0, 1.0]})
    seeds = [{"units": units, "batches": batches.assign(loss=[9.0, loss, 3.0])} for loss in (0.001, 1.0)]
    return {"a run": seeds}


def test_backgrounds(sides):
    table = data("backgrounds", sides)
    assert len(table) == 2 * BINS
    assert table.groupby("epoch")["share"].sum().tolist() == pytest.approx([1, 1])
    first, second = (table.query(f"epoch == {epoch} and share > 0") for epoch in (1, 2))
    assert first["share"].tolist() == [0.5, 0.5]
    assert first["background_from"].iloc[0] == 0
    assert first["background_to"].iloc[1] == 255
    ((low, high),) = second[["background_from", "background_to"]].to_numpy()
    assert low <= 100 < 101 < high


def test_darkness(sides):
    table = data("darkness", sides)
    assert list(table.columns[:2]) == ["run", "epoch"]
    # In the first epoch the loss of the frame's mini-batch has vanished for one seed of two.
    assert table.drop(columns=["run", "epoch"]).to_numpy() == pytest.approx(
        np.array([[0, 0.5, 0.5, 0.001, 1], [1, 0, 0, 3, 3]])
    )


def test_raster(sides):
    table = data("raster", sides)
    assert set(table["run"]) == {"a run"}
    assert table["active_fraction"].tolist() == [0.1, 0.2, 0.0, 0.4, 0.5, 0.0]
    assert table["inactive"].sum() == 1
