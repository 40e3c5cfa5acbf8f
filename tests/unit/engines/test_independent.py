"""Everything that is measured of a run, computed a second time from the definitions alone: see tests/reference.py.

The library gives the random draws (initial weights, orders of the images) and nothing else; the images are read from
the IDX files by NumPy. What remains between the two is float32 against float64, which a training amplifies, so it is
a short one: three epochs of 300 images. How much it amplifies is measured: the definitions are computed again from
initial weights that are off by 1e-6 of their values, and ten times what that changes is allowed on top. Tolerances,
and about how much was found with this seed:

- losses: 5e-5 of their value (8e-6 found);
- dW: 2e-3 of the largest |dW| of the unit, or 1e-7 (1e-3 found, in a unit that few images reach, by the fast engine);
- background: 0.05 of 255 (0.013 found); frames: 0.2 beyond the rounding to whole numbers (0.055 found), each and what
  is amplified: up to 0.5 of a frame, where a gradient is nearly 0 and Adam divides rounding by rounding;
- accuracies while training, and the counts of dead, inactive and dark units: exact, but for the digits of a CSV file.
  With this seed no unit lies close to a threshold, and the test says so if that changes;
- test accuracies and active fractions: exact but for images that are a close call, that is where two classes, or a
  pre-activation and 0, are nearer than 5e-5: at most 3 of the 2,014 test images for an accuracy, 1 for a unit.
"""

from itertools import product

import numpy as np
import pandas as pd
import pytest

from dying_relu.configuration.run import Run
from dying_relu.data.images import Images, load_images
from dying_relu.engines.numba_engine import NumbaEngine
from dying_relu.engines.torch_engine import TorchEngine
from dying_relu.model.initialization import initial_parameters
from dying_relu.model.seeding import image_order, order_of_test_images
from dying_relu.training.train import Outputs
from helpers import make_run, train_anew
from reference import Reference, measure_run, read_idx

IMAGES, TEST_IMAGES, EPOCHS, HIDDEN = 300, 2014, 3, 64
SEED = 1
BATCH_SIZE = 33  # leaves 3 of the training images over, and 1 of the test images
CSV = 1e-8  # what the digits of a CSV file leave of a fraction

# What the parameters of a network are called here and there.
NAMES = {
    "layers.0.linear.weight": "weight",
    "layers.0.linear.bias": "bias",
    "layers.0.norm.weight": "gamma",
    "layers.0.norm.bias": "beta",
    "output.weight": "output",
    "output.bias": "output_bias",
}


def references(parameters: dict[str, np.ndarray], slope: float | None) -> list[Reference]:
    """A reference with these parameters, and three with parameters that are a little off."""
    weights = {NAMES[name]: array.astype(float) for name, array in parameters.items()}
    source = np.random.default_rng(0)
    found = [Reference(weights, slope or 0)]
    for _ in range(3):
        off = {name: array * (1 + 1e-6 * source.standard_normal(array.shape)) for name, array in weights.items()}
        found.append(Reference(off, slope or 0))
    return found


def amplified(arrays) -> np.ndarray:
    """Ten times how far the first of the arrays is from the others at most."""
    first, *others = map(np.asarray, arrays)
    return 10 * np.max([np.abs(other - first) for other in others], axis=0)


def graded(run: Run, inputs: int) -> dict[str, np.ndarray]:
    """A network with units of every sort: from always active to never active, by a falling shift.

    Nothing enters or leaves unit 0: its pre-activation is exactly 0 for each image, and stays so.
    """
    parameters = initial_parameters(run, inputs)
    shift = parameters["layers.0.norm.bias" if run.batch_norm else "layers.0.linear.bias"]
    shift[:] = -np.linspace(0, 4 if run.batch_norm else 2.5, HIDDEN)
    parameters["layers.0.linear.weight"][0] = 0
    parameters["output.weight"][:, 0] = 0
    return parameters


@pytest.fixture(scope="module")
def pixels(mnist):
    """Inputs and labels of the training images and of the test images."""
    found = []
    for kind, count in (("train", IMAGES), ("t10k", TEST_IMAGES)):
        images = read_idx(mnist / f"{kind}-images-idx3-ubyte")[:count].reshape(count, 784)
        found.append((images / 255, read_idx(mnist / f"{kind}-labels-idx1-ubyte")[:count]))
    return found


@pytest.fixture(scope="module", params=["gradient_of_sum", "update"])
def dw(request):
    return request.param


@pytest.fixture(scope="module", params=product([True, False], [None, 0.01]), ids=str)
def run(request):
    batch_norm, slope = request.param
    sizes = {"epochs": EPOCHS, "train_images": IMAGES, "hidden": [HIDDEN], "batch_size": BATCH_SIZE, "seed": SEED}
    activation = "relu" if slope is None else "leaky_relu"
    return make_run(batch_norm=batch_norm, activation=activation, negative_slope=slope, **sizes)


@pytest.fixture(scope="module")
def expected(run, dw, pixels):
    """What is measured by the definitions, and the same from weights that are a little off."""
    orders = [image_order(run.seed, epoch, IMAGES) for epoch in range(1, EPOCHS + 1)]
    networks = references(graded(run, 784), run.negative_slope)
    train, test = pixels
    drawn = order_of_test_images(run.seed, TEST_IMAGES)
    test = [array[drawn] for array in test]
    return [measure_run(network, train, test, orders, BATCH_SIZE, dw) for network in networks]


def apart(table: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The columns that are measured, and those that say how close it was, without `close_` in their names."""
    close = [name for name in table.columns if name.startswith("close_")]
    return table.drop(columns=close), table[close].rename(columns=lambda name: name.removeprefix("close_"))


@pytest.mark.parametrize("engine", [TorchEngine, NumbaEngine])
def test_every_column_agrees_with_the_definitions(mnist, run, dw, expected, engine, tmp_path, monkeypatch):
    paths = Outputs.within(tmp_path)
    for module in ("dying_relu.model.network", "dying_relu.engines.numba_engine"):
        monkeypatch.setattr(f"{module}.initial_parameters", graded)
    every = load_images(mnist, IMAGES)
    images = Images(every.train, every.train_labels, every.test[:TEST_IMAGES], every.test_labels[:TEST_IMAGES])
    train_anew(run, images, engine, paths, dw=dw)
    metrics, units, batches = (pd.read_csv(path) for path in (paths.metrics, paths.units, paths.batches))
    (true_metrics, close), (true_units, close_units) = map(apart, expected[0][:2])
    true_batches = expected[0][2]
    for table, true in [(metrics, true_metrics), (units, true_units), (batches, true_batches)]:
        assert list(table.columns) == list(true.columns)
        assert len(table) == len(true)

    assert not close_units[["dead", "dark"]].to_numpy().any(), "a unit lies close to a threshold: take another seed"
    largest = np.maximum(-true_units["dw_min"], true_units["dw_max"])
    allowed = {
        "train_loss": 5e-5 * true_metrics["train_loss"],
        "test_loss": 5e-5 * true_metrics["test_loss"],
        "test_accuracy": close["test_accuracy"] / TEST_IMAGES + CSV,
        "test_accuracy_batch_statistics": close["test_accuracy_batch_statistics"] / TEST_IMAGES + CSV,
    }
    assert_agree(metrics, true_metrics, allowed)
    allowed = {
        "dw_min": np.maximum(2e-3 * largest, 1e-7),
        "dw_max": np.maximum(2e-3 * largest, 1e-7),
        "background": 0.05,
    }
    allowed = {name: least + amplified(units[name] for _, units, _, _ in expected) for name, least in allowed.items()}
    assert_agree(units, true_units, allowed | {"active_fraction": close_units["images"] / TEST_IMAGES + CSV})
    assert_agree(batches, true_batches, {"loss": 5e-5 * true_batches["loss"]})
    with np.load(paths.dw) as frames:
        for name, squares in zip(frames.files, zip(*(frames for *_, frames in expected), strict=True), strict=True):
            assert np.abs(frames[name] - squares[0]).max() <= 0.5 + 0.2 + amplified(squares).max(), name


def assert_agree(table: pd.DataFrame, true: pd.DataFrame, allowed: dict) -> None:
    """Each column differs by no more than `allowed` says of it, others by no more than the digits of CSV."""
    for column in true.columns:
        assert (table[column].isna() == true[column].isna()).all(), column
        difference = (table[column] - true[column]).abs().dropna()
        most = pd.Series(allowed.get(column, CSV), table.index)[difference.index]
        assert (difference <= most).all(), f"{column}: up to {difference.max()}"


def test_the_run_has_units_of_every_sort(run, expected):
    """Else the comparison would say little."""
    units = expected[0][1]
    for kind in ("dead", "inactive", "dark"):
        assert units[kind].nunique() == 2, kind
    assert units["active_fraction"].between(0.01, 0.99).sum() > HIDDEN / 2
    # Of Leaky ReLU units only the one whose pre-activation is 0 throughout is dead.
    leaky = run.negative_slope is not None
    assert (units["dead"].sum() == EPOCHS) == leaky
    assert (units["dead"] == units["inactive"]).all() != leaky
