"""What tests of trainings share: few images, and where outputs go."""

import pytest

from dying_relu.data.images import Images, load_images
from dying_relu.training.outputs import Outputs


@pytest.fixture(scope="session")
def images(mnist) -> Images:
    every = load_images(mnist, 300)
    return Images(every.train, every.train_labels, every.test[:200], every.test_labels[:200])


@pytest.fixture
def outputs(tmp_path) -> Outputs:
    return Outputs.within(tmp_path)
