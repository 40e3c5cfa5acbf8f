"""The network: hidden layers, each linear, batch normalisation or none, and activation; then a linear output."""

from itertools import pairwise

from torch import Tensor, nn

from dying_relu.run import Run
from dying_relu.streams import WEIGHTS, generator

CLASSES = 10


class Layer(nn.Module):
    """A hidden layer up to its activation function: `linear`, then `norm`, which is BN or does nothing."""

    def __init__(self, run: Run, inputs: int, width: int) -> None:
        super().__init__()
        # BN subtracts the mean of its input, so a bias in front of it would have no effect.
        self.linear = nn.Linear(inputs, width, bias=not run.batch_norm)
        self.norm = (
            nn.BatchNorm1d(width, eps=run.batch_norm_epsilon, momentum=run.batch_norm_momentum)
            if run.batch_norm
            else nn.Identity()
        )

    def forward(self, inputs: Tensor) -> Tensor:
        """The pre-activation, what the activation function is applied to: `[batch, inputs]` to `[batch, width]`."""
        return self.norm(self.linear(inputs))


class Network(nn.Module):
    """A classifier of images with hidden layers whose units are watched, `layers` from the first to the last.

    Input: float32 `[batch, inputs]` in [0, 1]; output: logits, float32 `[batch, 10]`.
    In training mode batch normalisation uses the statistics of the mini-batch and updates its
    running statistics; in evaluation mode it uses the running statistics.
    """

    def __init__(self, run: Run, inputs: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(Layer(run, *sizes) for sizes in pairwise([inputs, *run.hidden]))
        self.activation = nn.ReLU() if run.negative_slope is None else nn.LeakyReLU(run.negative_slope)
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
            hidden = self.activation(layer(hidden))
        return self.output(hidden)

    def _initialize(self, run: Run) -> None:
        """He normal: mean 0, variance 2 / inputs of the layer (He et al. 2015, equation 10); biases constant."""
        source = generator(run.seed, WEIGHTS)
        for linear in (*(layer.linear for layer in self.layers), self.output):
            nn.init.kaiming_normal_(linear.weight, nonlinearity="relu", generator=source)
            if linear.bias is not None:
                nn.init.constant_(linear.bias, run.bias)
        if run.batch_norm:
            # The shift of BN is the bias of its layer under another name.
            for layer in self.layers:
                nn.init.constant_(layer.norm.bias, run.bias)
