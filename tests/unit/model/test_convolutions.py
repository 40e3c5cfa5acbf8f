"""Convolutional networks: by their definition in NumPy, channels as units, and CIFAR-10's archive, made small."""

import io
import tarfile
from hashlib import sha256

import numpy as np
import pandas as pd
import pytest
import torch

from dying_relu.configuration.labels import describe, held_fixed
from dying_relu.data.datasets import DATASETS, DigestError
from dying_relu.data.images import Images, load_images, to_inputs
from dying_relu.engines.engine import choose
from dying_relu.engines.torch_engine import TorchEngine
from dying_relu.measurements import evaluation as measure
from dying_relu.measurements.dead_units import at_initialization, dead_and_inactive_units
from dying_relu.measurements.evaluation import evaluate
from dying_relu.measurements.frame_schedule import FrameSchedule
from dying_relu.model.network import Network
from dying_relu.report.network_diagram import diagram
from dying_relu.tables.overview import table_row
from dying_relu.training.outputs import Outputs
from helpers import make_run, train_anew

ARCHIVE = "cifar-10-binary.tar.gz"


@pytest.fixture(scope="module")
def images(mnist) -> Images:
    every = load_images(mnist, 2000)
    return Images(every.train, every.train_labels, every.test[:1000], every.test_labels[:1000])


def convolved(images: np.ndarray, weight: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """`[n, channels, rows, columns]` of images of that shape: each 3 x 3 neighbourhood times a channel's kernel."""
    padded = np.pad(images, ((0, 0), (0, 0), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(2, 3))
    return np.einsum("nchwij,kcij->nkhw", windows, weight) + bias[:, None, None]


def pooled(values: np.ndarray) -> np.ndarray:
    n, channels, rows, columns = values.shape
    parts = values[:, :, : rows // 2 * 2, : columns // 2 * 2].reshape(n, channels, rows // 2, 2, columns // 2, 2)
    return parts.max(axis=(3, 5))


@pytest.mark.parametrize(
    ("batch_norm", "position"),
    [(True, "before_activation"), (True, "after_activation"), (False, "before_activation")],
)
def test_the_network_by_its_definition(images, batch_norm, position):
    """Two convolutional layers and one of the others, with the statistics of the mini-batch, as in training."""
    run = make_run(convolutions=[2, 3], hidden=[5], batch_norm=batch_norm, batch_norm_position=position, bias=0.1)
    network = Network(run, 784)
    p = {name: tensor.detach().numpy().astype(float) for name, tensor in network.named_parameters()}

    def activated(values: np.ndarray, layer: int) -> np.ndarray:
        def normalized(values):
            if not batch_norm:
                return values
            over = (0, *range(2, values.ndim))
            scaled = (values - values.mean(over, keepdims=True)) / np.sqrt(values.var(over, keepdims=True) + 1e-5)
            return scaled + p[f"layers.{layer}.norm.bias"].reshape(-1, *[1] * (values.ndim - 2))

        if position == "before_activation":
            return np.maximum(normalized(values), 0)
        return normalized(np.maximum(values, 0))

    def bias(layer: int) -> np.ndarray:
        return p.get(f"layers.{layer}.linear.bias", np.zeros(len(p[f"layers.{layer}.linear.weight"])))

    seen = images.train[:6].numpy().reshape(6, 1, 28, 28) / 255
    for layer in (0, 1):
        seen = pooled(activated(convolved(seen, p[f"layers.{layer}.linear.weight"], bias(layer)), layer))
    assert seen.shape == (6, 3, 7, 7)
    hidden = activated(seen.reshape(6, -1) @ p["layers.2.linear.weight"].T + bias(2), 2)
    logits = hidden @ p["output.weight"].T + p["output.bias"]
    assert network(to_inputs(images.train[:6])).detach().numpy() == pytest.approx(logits, abs=1e-5)
    result = evaluate(network, to_inputs(images.train[:6]), images.train_labels[:6], 6)
    accuracy = (logits.argmax(1) == images.train_labels[:6].numpy()).mean()
    assert result.accuracy_batch_statistics == accuracy


def kernels(network: Network, centres: list[float], biases: list[float]) -> None:
    """Let each channel of the first layer multiply its pixel by a number, and add one."""
    with torch.no_grad():
        network.hidden.weight.zero_()
        network.hidden.weight[:, 0, 1, 1] = torch.tensor(centres)
        network.hidden.bias.copy_(torch.tensor(biases))


@pytest.mark.parametrize("at_once", [1000, 7])
def test_a_channel_is_a_unit(images, monkeypatch, at_once):
    """Active where a pixel is lit, nowhere, nowhere, everywhere, and at the pixels that are nearly white."""
    monkeypatch.setattr(measure, "MOST", at_once * 5 * 28 * 28)
    run = make_run(convolutions=[5], hidden=[4], batch_norm=False)
    network = Network(run, 784)
    kernels(network, [1, -1, 0, 0, 1], [0, 0, -1, 1, -0.99])
    dead, inactive = dead_and_inactive_units(network, images.train)
    assert dead[:5].tolist() == inactive[:5].tolist() == [False, True, True, False, False]
    tested = evaluate(network, to_inputs(images.test), images.test_labels, 100)
    pixels = images.test.numpy()
    expected = [(pixels > 0).mean(), 0, 0, 1, (pixels > 0.99 * 255).mean()]
    assert tested.active_fraction[:5].tolist() == pytest.approx(expected, abs=1e-12)
    born = at_initialization(network, images.train, images.test)
    assert born.active_fraction.tolist() == tested.active_fraction.tolist()
    assert born.dead.tolist() == dead.tolist()


def test_a_channel_that_is_active_once_is_not_dead(images):
    """At a single position of the last image, after those that most units show themselves to."""
    pixels = torch.zeros(1500, 784, dtype=torch.uint8)
    pixels[-1, 400] = 255
    network = Network(make_run(convolutions=[2], hidden=[4], batch_norm=False), 784)
    kernels(network, [1, 1], [-0.5, -1])
    dead, inactive = dead_and_inactive_units(network, pixels)
    assert dead[:2].tolist() == inactive[:2].tolist() == [False, True]


def test_dead_channels_under_running_statistics(images):
    """BN with its shift far below zero kills a channel, whatever its weights."""
    network = Network(make_run(convolutions=[3], hidden=[4]), 784)
    with torch.no_grad():
        network.norm.bias.copy_(torch.tensor([0.0, -1000.0, 0.0]))
    dead, _ = dead_and_inactive_units(network, images.train)
    assert dead[:3].tolist() == [False, True, False]


def test_a_training_learns_and_leaves_its_tables(images, tmp_path):
    run = make_run(epochs=2, convolutions=[8], hidden=[32], train_images=2000, batch_size=50)
    outputs = Outputs.within(tmp_path)
    train_anew(run, images, TorchEngine, "update", FrameSchedule(1, "epoch"), outputs)
    metrics, units, initial = (pd.read_csv(path) for path in (outputs.metrics, outputs.units, outputs.initial))
    assert metrics["test_accuracy"].iloc[-1] > 0.8
    assert units.groupby(["epoch", "layer"]).size().to_dict() == {(1, 1): 8, (1, 2): 32, (2, 1): 8, (2, 2): 32}
    assert initial["layer"].tolist() == [1] * 8 + [2] * 32
    assert units["active_fraction"].between(0, 1).all()
    with np.load(outputs.dw) as frames:
        assert {name: frames[name].shape for name in frames.files} == {
            f"epoch-{epoch:06d}{layer}": shape
            for epoch in (1, 2)
            for layer, shape in [("", (8, 9)), ("-layer-2", (32, 8 * 14 * 14))]
        }


def test_dw_is_the_gradient_of_the_kernel(images):
    run = make_run(convolutions=[2], hidden=[4], batch_size=6, train_images=6, batch_norm=False)
    engine = TorchEngine(run, Network(run, 784), images.train[:6], images.train_labels[:6])
    exact = Network(run, 784).double()
    loss = torch.nn.functional.cross_entropy(exact(to_inputs(images.train[:6]).double()), images.train_labels[:6])
    gradient = torch.autograd.grad(loss, exact.hidden.weight)[0].reshape(2, 9)
    engine.train([torch.arange(6)])
    assert engine.gradient(0).numpy() == pytest.approx(gradient.numpy(), abs=1e-6)


def test_the_plain_engine_trains_it_and_says_so(caplog):
    run = make_run(convolutions=[2])
    assert choose("auto", run) is TorchEngine
    assert "takes networks without convolutions only" in caplog.text
    with pytest.raises(ValueError, match="networks without convolutions"):
        choose("numba", run)


def test_how_it_is_called():
    run = make_run(epochs=100, convolutions=[16, 32], hidden=[64])
    assert run.name == "bn-relu-b100-convolutions16x32-hidden64-s20170523"
    assert describe(run) == "BN, ReLU, mini-batch 100, 16 + 32 channels, 64 hidden units"
    assert "16 + 32 channels" in held_fixed([run])
    assert table_row(run, [])["convolutions"] == "16-32"
    weights = [9 * 16, 16 * 9 * 32, 32 * 7 * 7 * 64, 64 * 10]
    assert run.weights == sum(weights)
    plain = make_run(epochs=100)
    more = (weights[0] * 28**2 + weights[1] * 14**2 + sum(weights[2:])) / plain.weights
    assert run.estimated_seconds == pytest.approx(more * plain.estimated_seconds)


def test_the_drawing_has_a_column_for_it():
    columns = diagram([make_run(dataset="cifar10", train_images=50000, convolutions=[16], hidden=[64])])["columns"]
    assert [column["title"] for column in columns] == ["3,072 inputs", "16 channels", "64 hidden units", "10 outputs"]
    assert columns[0]["lines"] == ["32 x 32 pixels in 3 colours"]
    assert columns[1]["lines"] == ["3 x 3 convolution,", "BN, then", "ReLU", "2 x 2 max pooling"]


def made_archive(images: int, seed: int = 0) -> tuple[bytes, dict[str, tuple[np.ndarray, np.ndarray]]]:
    """An archive with as many images a batch; a class is seen by how bright which colour is in the left half."""
    source = np.random.default_rng(seed)
    made, content = {}, io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as archive:
        for batch in [*(f"data_batch_{number}" for number in range(1, 6)), "test_batch"]:
            labels = source.integers(0, 10, images, dtype=np.uint8)
            pixels = source.integers(0, 60, (images, 3, 32, 32), dtype=np.uint8)
            for image, label in zip(pixels, labels, strict=True):
                image[label % 3, :, :16] += np.uint8(45 * (1 + label // 3))
            records = np.concatenate([labels[:, None], pixels.reshape(images, -1)], axis=1).tobytes()
            entry = tarfile.TarInfo(f"cifar-10-batches-bin/{batch}.bin")
            entry.size = len(records)
            archive.addfile(entry, io.BytesIO(records))
            made[batch] = labels, pixels.reshape(images, -1)
    return content.getvalue(), made


@pytest.fixture
def cifar10(tmp_path, monkeypatch):
    """A small archive under the name of CIFAR-10's, and what it holds."""
    content, made = made_archive(images=200)
    (tmp_path / ARCHIVE).write_bytes(content)
    monkeypatch.setitem(DATASETS["cifar10"].digests, ARCHIVE, sha256(content).hexdigest())
    return tmp_path, made


def test_the_archive_is_read_image_by_image(cifar10):
    raw, made = cifar10
    images = load_images(raw, 300, "cifar10")
    assert images.train.shape == (300, 3072)
    assert images.test.shape == (200, 3072)
    expected = np.concatenate([made["data_batch_1"][1], made["data_batch_2"][1]])[:300]
    assert np.array_equal(images.train.numpy(), expected)
    assert images.train_labels.tolist()[200:] == made["data_batch_2"][0][:100].tolist()
    assert np.array_equal(images.test.numpy(), made["test_batch"][1])
    assert images.test_labels.tolist() == made["test_batch"][0].tolist()


def test_another_archive_is_not_read(cifar10):
    raw, _ = cifar10
    (raw / ARCHIVE).write_bytes(made_archive(images=2, seed=1)[0])
    with pytest.raises(DigestError, match=ARCHIVE):
        load_images(raw, 10, "cifar10")


@pytest.mark.parametrize("batch_norm", [True, False])
def test_coloured_images_are_learnt(cifar10, tmp_path, batch_norm):
    """That takes the colours apart: their classes are not seen in the sum of them."""
    raw, _ = cifar10
    images = load_images(raw, 1000, "cifar10")
    run = make_run(
        epochs=8, dataset="cifar10", train_images=1000, convolutions=[8, 8], hidden=[32], batch_size=20,
        batch_norm=batch_norm,
    )  # fmt: skip
    outputs = Outputs.within(tmp_path)
    train_anew(run, images, TorchEngine, "gradient", FrameSchedule(4, "epoch"), outputs)
    assert pd.read_csv(outputs.metrics)["test_accuracy"].iloc[-1] > 0.9
    with np.load(outputs.dw) as frames:
        assert frames["epoch-000008"].shape == (8, 27)
        assert frames["epoch-000008-layer-2"].shape == (8, 72)
        assert frames["epoch-000008-layer-3"].shape == (32, 8 * 8 * 8)
