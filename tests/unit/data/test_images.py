"""Pixels as inputs; that they are those of the files is proved by `engines/test_independent.py`."""

import numpy as np
import torch

from dying_relu.data.images import Scaling
from dying_relu.model.network import to_inputs


def test_inputs_are_exactly_the_pixels_divided_by_255():
    expected = (np.arange(256) / 255).astype(np.float32)
    assert np.array_equal(to_inputs(torch.arange(256, dtype=torch.uint8)).numpy(), expected)
    assert np.array_equal(Scaling().inputs(), expected)
