"""The network: hidden layers, each linear, batch normalisation or none, and activation; then a linear output."""

import math
from collections.abc import Callable
from itertools import pairwise

from torch import Tensor, nn

from dying_relu.images import Scaling
from dying_relu.run import Run
from dying_relu.streams import WEIGHTS, generator

CLASSES = 10


class Layer(nn.Module):
    """A hidden layer: `linear`, then `norm`, which is BN or does nothing, and `activation`, or these two the other way
    round."""

    def __init__(self, run: Run, inputs: int, width: int, activation: nn.Module) -> None:
        super().__init__()
        self.activation = activation
        self.norm_first = run.batch_norm_position == "before_activation"
        # BN subtracts the mean of its input, so a bias right in front of it would have no effect.
        self.linear = nn.Linear(inputs, width, bias=not (run.batch_norm and self.norm_first))
        self.norm = (
            nn.BatchNorm1d(width, eps=run.batch_norm_epsilon, momentum=run.batch_norm_momentum)
            if run.batch_norm
            else nn.Identity()
        )

    def forward(self, inputs: Tensor) -> Tensor:
        """`[batch, inputs]` to `[batch, width]`."""
        return self.onward(self.linear(inputs), self.norm)[1]

    def onward(self, linear: Tensor, normalize: Callable[[Tensor], Tensor]) -> tuple[Tensor, Tensor]:
        """From what the linear map gave, the pre-activation and what the next layer sees, both `[batch, width]`.

        The pre-activation is what the activation function is applied to. `normalize` is `norm` or takes its place.
        """
        if self.norm_first:
            pre_activation = normalize(linear)
            return pre_activation, self.activation(pre_activation)
        return linear, normalize(self.activation(linear))


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
        self.layers = nn.ModuleList(Layer(run, *sizes, self.activation) for sizes in pairwise([inputs, *run.hidden]))
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

        he_normal: variance 2 / inputs of the layer (He et al. 2015, equation 10). xavier_normal: variance
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
                    bound = 1 / math.sqrt(linear.in_features)
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
