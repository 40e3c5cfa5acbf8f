"""The network: hidden layers, each a linear map, BN (batch normalisation) or none, and an activation; a linear output.

Between layers, images and feature maps are flat: channel by channel, row by row.
"""

import math
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from dying_relu.configuration.run import CLASSES, KERNEL, POOL, Run
from dying_relu.data.images import UNIT_INTERVAL, Scaling
from dying_relu.model.initialization import initial_parameters


class Layer(nn.Module):
    """A hidden layer: `linear`, `norm` and `activation`, the last two in the order of `run.batch_norm_position`.

    Without BN, `norm` is `nn.Identity`. `inputs` is the number of inputs; for a convolutional layer, their channels,
    rows and columns.
    """

    Linear, Norm = nn.Linear, nn.BatchNorm1d

    def __init__(self, run: Run, inputs: Any, width: int, activation: nn.Module) -> None:
        super().__init__()
        self.activation = activation
        self.norm_first = run.batch_norm_position == "before_activation"
        # BN subtracts the mean of its input, so a bias right in front of it would have no effect.
        self.linear = self.Linear(inputs, width, bias=not (run.batch_norm and self.norm_first))
        norm = partial(self.Norm, width, eps=run.batch_norm_epsilon, momentum=run.batch_norm_momentum)
        self.norm = norm() if run.batch_norm else nn.Identity()

    @property
    def units(self) -> int:
        return len(self.linear.weight)

    @property
    def positions(self) -> int:
        """The number of positions in an image at which the units are applied."""
        return 1

    @property
    def weight(self) -> Tensor:
        """The weights of the linear map, `[units, inputs]`; the inputs of a channel are those of its kernel."""
        return self.linear.weight.flatten(1)

    def forward(self, inputs: Tensor) -> Tensor:
        """Map `[batch, inputs]` to `[batch, width]`."""
        return self.normalize_and_activate(self.linear(inputs), self.norm)[1]

    def normalize_and_activate(self, linear: Tensor, normalize: Callable[[Tensor], Tensor]) -> tuple[Tensor, Tensor]:
        """Normalise and activate the linear map's output `[batch, width]`; return pre-activation and layer output.

        The pre-activation is the activation function's input. `normalize` is `norm` or stands in for it.
        """
        if self.norm_first:
            pre_activation = normalize(linear)
            return pre_activation, self.activation(pre_activation)
        return linear, normalize(self.activation(linear))


class Convolution(nn.Conv2d):
    """A convolution of flat images `[batch, inputs]` of `shape` (channels, rows, columns), padded to keep their size.

    Its output is `[batch, channels, rows, columns]`.
    """

    def __init__(self, shape: tuple[int, int, int], channels: int, bias: bool) -> None:
        super().__init__(shape[0], channels, KERNEL, padding=KERNEL // 2, bias=bias)
        self.shape = shape

    def forward(self, images: Tensor) -> Tensor:
        return super().forward(images.unflatten(1, self.shape))


class ConvolutionalLayer(Layer):
    """A hidden layer whose units are channels: `linear` is a `Convolution`, and max pooling of 2 x 2 follows.

    Its pre-activations are `[batch, channels, rows, columns]`, its output is `[batch, outputs]`.
    """

    Linear, Norm = Convolution, nn.BatchNorm2d

    @property
    def positions(self) -> int:
        return math.prod(self.linear.shape[1:])

    def normalize_and_activate(self, linear: Tensor, normalize: Callable[[Tensor], Tensor]) -> tuple[Tensor, Tensor]:
        pre_activation, output = super().normalize_and_activate(linear, normalize)
        return pre_activation, functional.max_pool2d(output, POOL).flatten(1)


class Network(nn.Module):
    """A classifier of images: hidden `layers` and a linear `output`.

    Input: float32 `[batch, inputs]`, pixels after `scaling`; output: logits, float32 `[batch, 10]`. In training mode BN
    uses the mini-batch's statistics and updates its running ones, which it uses in evaluation mode.
    """

    def __init__(self, run: Run, inputs: int, scaling: Scaling = UNIT_INTERVAL) -> None:
        super().__init__()
        self.scaling = scaling
        self.activation = _activation(run)
        *shapes, last = run.shapes  # the inputs of the convolutional layers, and of the first linear one
        self.layers = nn.ModuleList(
            ConvolutionalLayer(run, *sizes, self.activation) for sizes in zip(shapes, run.convolutions, strict=True)
        )
        sizes = [math.prod(last) if run.convolutions else inputs, *run.hidden]
        self.layers += [Layer(run, *pair, self.activation) for pair in pairwise(sizes)]
        self.output = nn.Linear(run.hidden[-1], CLASSES)
        initial = initial_parameters(run, inputs)
        for name, parameter in self.named_parameters():
            parameter.data = torch.from_numpy(initial[name])

    @property
    def hidden(self) -> nn.Linear:
        """The linear map of the first hidden layer."""
        return self.layers[0].linear

    @property
    def norm(self) -> nn.Module:
        """The BN of the first hidden layer, or `nn.Identity`."""
        return self.layers[0].norm

    def forward(self, images: Tensor) -> Tensor:
        hidden = images
        for layer in self.layers:
            hidden = layer(hidden)
        return self.output(hidden)


def to_inputs(pixels: Tensor, scaling: Scaling = UNIT_INTERVAL) -> Tensor:
    """Return `pixels` (uint8, any shape) as a network's inputs, float32: by default pixel / 255, in [0, 1]."""
    return pixels.to(torch.float32).div_(255).sub_(scaling.mean).div_(scaling.std)


def _activation(run: Run) -> nn.Module:
    match run.activation:
        case "relu":
            return nn.ReLU()
        case "leaky_relu":
            return nn.LeakyReLU(run.negative_slope)
        case "elu":
            return nn.ELU()
        case "gelu":
            return nn.GELU()
        case "silu":
            return nn.SiLU()
