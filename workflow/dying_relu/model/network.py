"""The network: hidden layers, each linear, batch normalisation or none, and activation; then a linear output.

Between the layers, images are flat, and so is what convolutional layers make of them: channel by channel, row by row.
"""

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any

from torch import Tensor, nn
from torch.nn import functional

from dying_relu.configuration.run import CLASSES, KERNEL, POOL, Run
from dying_relu.data.images import Scaling
from dying_relu.model.seeding import WEIGHTS, generator


class Layer(nn.Module):
    """A hidden layer: `linear`, then `norm`, which is BN or does nothing, and `activation`, or these two the other way
    round.

    `inputs` is how many there are; of a convolutional layer, their channels, rows and columns.
    """

    Norm = nn.BatchNorm1d

    def __init__(self, run: Run, inputs: Any, width: int, activation: nn.Module) -> None:
        super().__init__()
        self.activation = activation
        self.norm_first = run.batch_norm_position == "before_activation"
        # BN subtracts the mean of its input, so a bias right in front of it would have no effect.
        self.linear = self._linear(inputs, width, bias=not (run.batch_norm and self.norm_first))
        self.norm = (
            self.Norm(width, eps=run.batch_norm_epsilon, momentum=run.batch_norm_momentum)
            if run.batch_norm
            else nn.Identity()
        )

    @property
    def units(self) -> int:
        return len(self.linear.weight)

    @property
    def positions(self) -> int:
        """At how many positions of an image the units are."""
        return 1

    @property
    def weight(self) -> Tensor:
        """The weights of the linear map, `[units, inputs]`; of a channel, `inputs` are those of its kernel."""
        return self.linear.weight.flatten(1)

    def forward(self, inputs: Tensor) -> Tensor:
        """`[batch, inputs]` to `[batch, width]`."""
        return self.normalize_and_activate(self.linear(inputs), self.norm)[1]

    def normalize_and_activate(self, linear: Tensor, normalize: Callable[[Tensor], Tensor]) -> tuple[Tensor, Tensor]:
        """From what the linear map gave, the pre-activation and what the next layer sees, both `[batch, width]`.

        The pre-activation is what the activation function is applied to. `normalize` is `norm` or takes its place.
        """
        if self.norm_first:
            pre_activation = normalize(linear)
            return pre_activation, self.activation(pre_activation)
        return linear, normalize(self.activation(linear))

    def linear_of(self, inputs: Tensor, units: Tensor | slice) -> Tensor:
        """The linear map of some of the units alone."""
        bias = self.linear.bias
        return self._map(inputs, self.linear.weight[units], None if bias is None else bias[units])

    def _linear(self, inputs: int, width: int, bias: bool) -> nn.Module:
        return nn.Linear(inputs, width, bias=bias)

    def _map(self, inputs: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        return functional.linear(inputs, weight, bias)


class Convolution(nn.Conv2d):
    """A convolution with a border of zeros, so that there are as many positions as pixels.

    It takes images `[batch, inputs]`, whose `shape` is `(channels, rows, columns)`, to `[batch, channels, rows,
    columns]`.
    """

    def __init__(self, shape: tuple[int, int, int], channels: int, bias: bool) -> None:
        super().__init__(shape[0], channels, KERNEL, padding=KERNEL // 2, bias=bias)
        self.shape = shape

    def forward(self, images: Tensor) -> Tensor:
        return super().forward(images.unflatten(1, self.shape))


class ConvolutionalLayer(Layer):
    """A hidden layer whose units are channels: `linear` is a `Convolution`, and the largest of 2 x 2 outputs goes on.

    Its pre-activations are `[batch, channels, rows, columns]`, and what the next layer sees is `[batch, outputs]`.
    """

    Norm = nn.BatchNorm2d

    @property
    def positions(self) -> int:
        return math.prod(self.linear.shape[1:])

    def normalize_and_activate(self, linear: Tensor, normalize: Callable[[Tensor], Tensor]) -> tuple[Tensor, Tensor]:
        pre_activation, output = super().normalize_and_activate(linear, normalize)
        return pre_activation, functional.max_pool2d(output, POOL).flatten(1)

    def _linear(self, inputs: tuple[int, int, int], width: int, bias: bool) -> nn.Module:
        return Convolution(inputs, width, bias)

    def _map(self, inputs: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        return functional.conv2d(inputs.unflatten(1, self.linear.shape), weight, bias, padding=self.linear.padding)


class Network(nn.Module):
    """A classifier of images with hidden layers whose units are watched, `layers` from the first to the last.

    Input: float32 `[batch, inputs]`, pixels as `scaling` makes them inputs; output: logits, float32 `[batch, 10]`.
    In training mode batch normalisation uses the statistics of the mini-batch and updates its
    running statistics; in evaluation mode it uses the running statistics.
    """

    def __init__(self, run: Run, inputs: int, scaling: Scaling | None = None) -> None:
        super().__init__()
        self.scaling = scaling or Scaling()
        self.activation = _activation(run)
        *seen, last = run.shapes  # by the convolutional layers, and by the first of the others
        self.layers = nn.ModuleList(
            ConvolutionalLayer(run, *sizes, self.activation) for sizes in zip(seen, run.convolutions, strict=True)
        )
        inputs = math.prod(last) if run.convolutions else inputs
        self.layers += [Layer(run, *sizes, self.activation) for sizes in pairwise([inputs, *run.hidden])]
        self.output = nn.Linear(run.hidden[-1], CLASSES)
        self._initialize(run)

    @property
    def hidden(self) -> nn.Linear:
        """The linear map of the first hidden layer."""
        return self.layers[0].linear

    @property
    def norm(self) -> nn.Module:
        """The batch normalisation of the first hidden layer, or what does nothing in its place."""
        return self.layers[0].norm

    def forward(self, images: Tensor) -> Tensor:
        hidden = images
        for layer in self.layers:
            hidden = layer(hidden)
        return self.output(hidden)

    def _initialize(self, run: Run) -> None:
        """Weights as `run.initialization` says, each layer's after those of the layer before it; biases constant.

        he_normal: variance 2 / inputs of a unit (He et al. 2015, equation 10). xavier_normal: variance
        2 / (inputs + outputs) (Glorot and Bengio 2010, equation 12). torch_default: what `nn.Linear` does by itself,
        uniform in +-1 / sqrt(inputs), biases too.
        """
        source = generator(run.seed, WEIGHTS)
        for linear in (*(layer.linear for layer in self.layers), self.output):
            if linear.bias is not None:
                nn.init.constant_(linear.bias, run.bias)
            match run.initialization:
                case "he_normal":
                    nn.init.kaiming_normal_(linear.weight, nonlinearity="relu", generator=source)
                case "xavier_normal":
                    nn.init.xavier_normal_(linear.weight, generator=source)
                case "normal":
                    nn.init.normal_(linear.weight, std=run.initial_deviation, generator=source)
                case "torch_default":
                    bound = 1 / math.sqrt(linear.weight[0].numel())
                    for parameter in linear.parameters():
                        nn.init.uniform_(parameter, -bound, bound, generator=source)
        if run.batch_norm and run.batch_norm_position == "before_activation":
            # The shift of BN is the bias of its layer under another name.
            for layer in self.layers:
                nn.init.constant_(layer.norm.bias, run.bias)


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
