"""Convolutional networks: channels as units, and CIFAR-10's archive, made small; test_network.py defines the layers."""

import io
import tarfile
from hashlib import sha256

import numpy as np
import pandas as pd
import pytest
import torch

from dying_relu.configuration.labels import describe, held_fixed
from dying_relu.data.datasets import DATASETS, DigestError
from dying_relu.data.images import load_images
from dying_relu.engines.torch_engine import TorchEngine
from dying_relu.measurements.dead_units import dead_and_inactive_units
from dying_relu.measurements.frame_schedule import FrameSchedule
from dying_relu.model.network import Network
from dying_relu.report.network_diagram import diagram
from dying_relu.tables.overview import table_row
from dying_relu.training.outputs import Outputs
from helpers import make_run, train_anew

ARCHIVE = "cifar-10-binary.tar.gz"


def test_a_channel_that_is_active_once_is_not_dead():
    """At a single position of the last image, after those that most units show themselves to."""
    pixels = torch.zeros(1500, 784, dtype=torch.uint8)
    pixels[-1, 400] = 255
    network = Network(make_run(convolutions=[2], hidden=[4], batch_norm=False), 784)
    with torch.no_grad():
        network.hidden.weight.zero_()
        network.hidden.weight[:, 0, 1, 1] = 1
        network.hidden.bias.copy_(torch.tensor([-0.5, -1]))
    dead, inactive = dead_and_inactive_units(network, pixels, 7)
    assert dead[:2].tolist() == inactive[:2].tolist() == [False, True]


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
    assert np.array_equal(images.train, expected)
    assert images.train_labels.tolist()[200:] == made["data_batch_2"][0][:100].tolist()
    assert np.array_equal(images.test, made["test_batch"][1])
    assert images.test_labels.tolist() == made["test_batch"][0].tolist()
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
    train_anew(run, images, TorchEngine, outputs, dw="gradient" if batch_norm else "update", schedule=FrameSchedule(4))
    assert pd.read_csv(outputs.metrics)["test_accuracy"].iloc[-1] > 0.9
    with np.load(outputs.dw) as frames:
        assert {name: frames[name].shape for name in frames.files} == {
            f"epoch-00000{epoch}{layer}": shape
            for epoch in (4, 8)
            for layer, shape in [("", (8, 27)), ("-layer-2", (8, 72)), ("-layer-3", (32, 8 * 8 * 8))]
        }
