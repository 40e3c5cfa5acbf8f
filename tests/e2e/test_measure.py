"""The measurements for the documents: that peers do the work that they are timed for, and that tables come out."""

import pandas as pd
import pytest

from helpers import ROOT
from measure import benchmark

pytestmark = pytest.mark.slow

DEEP_AND_DENSE = ("--hidden", "64", "64", "--standardized")


@pytest.mark.parametrize(
    ("implementation", "network"),
    [
        *((name, ()) for name in benchmark.IMPLEMENTATIONS if name != "dense-floor"),
        *((name, DEEP_AND_DENSE) for name in ("dying-relu", "pytorch-compile")),
    ],
)
def test_one_epoch_is_enough_to_learn(mnist, implementation, network, monkeypatch):
    monkeypatch.chdir(ROOT)
    if implementation == "jax-scan" and not (ROOT / benchmark.JAX_PYTHON).exists():
        pytest.skip("JAX is not here; `make benchmark` installs it, and checks that it learns")
    found = benchmark.time_epochs(implementation, mnist, 100, 0, network)
    assert found["accuracy"] > benchmark.LEARNT


def test_summary():
    epochs = pd.DataFrame(
        [("dying-relu", 10, 1.0), ("dying-relu", 10, 2.0), ("dying-relu", 10, 4.0), ("jax-scan", 10, 5.0)],
        columns=["implementation", "batch_size", "seconds"],
    )
    columns = ["implementation", "batch_size", "epoch_seconds", "lowest", "highest", "epochs", "ratio"]
    table = benchmark.summarize(epochs)
    assert list(table.columns) == columns
    assert table.to_numpy().tolist() == [["dying-relu", 10, 2, 1, 4, 3, 1], ["jax-scan", 10, 5, 5, 5, 1, 2.5]]
