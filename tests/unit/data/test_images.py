"""Pixels as inputs; that they are those of the files is proved by `engines/test_independent.py`."""

import numpy as np
import torch

from dying_relu.data.images import to_inputs


def test_inputs_are_exactly_the_pixels_divided_by_255():
    inputs = to_inputs(torch.arange(256, dtype=torch.uint8)).numpy()
    assert np.array_equal(inputs, (np.arange(256) / 255).astype(np.float32))
