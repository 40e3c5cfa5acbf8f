"""Real MNIST as tensors."""

import numpy as np
import torch

from dying_relu.data.images import load_images, to_inputs


def test_pixels_and_labels_are_those_of_the_files(mnist):
    images = load_images(mnist, 500)
    pixels = np.frombuffer((mnist / "train-images-idx3-ubyte").read_bytes(), np.uint8, offset=16)
    labels = np.frombuffer((mnist / "train-labels-idx1-ubyte").read_bytes(), np.uint8, offset=8)
    assert images.train.shape == (500, 784)
    assert images.test.shape == (10000, 784)
    assert images.train.dtype == torch.uint8
    assert np.array_equal(images.train.numpy(), pixels[: 500 * 784].reshape(500, 784))
    assert np.array_equal(to_inputs(images.train).numpy(), (images.train.numpy() / 255).astype(np.float32))
    assert images.test.dtype == torch.uint8
    assert images.train_labels.tolist() == labels[:500].tolist()
    assert images.test_labels[:5].tolist() == [7, 2, 1, 0, 4]
