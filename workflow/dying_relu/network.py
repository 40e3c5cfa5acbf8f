"""The network: linear, batch normalisation or none, activation, linear."""

from torch import Tensor, nn

from dying_relu.run import Run
from dying_relu.streams import WEIGHTS, generator

CLASSES = 10


class Network(nn.Module):
    """A classifier of images with one hidden layer whose units are watched.

    Input: float32 `[batch, inputs]` in [0, 1]; output: logits, float32 `[batch, 10]`.
    In training mode batch normalisation uses the statistics of the mini-batch and updates its
    running statistics; in evaluation mode it uses the running statistics.
    """

    def __init__(self, run: Run, inputs: int) -> None:
        super().__init__()
        (width,) = run.hidden
        # BN subtracts the mean of its input, so a bias in front of it would have no effect.
        self.hidden = nn.Linear(inputs, width, bias=not run.batch_norm)
        self.norm = (
            nn.BatchNorm1d(width, eps=run.batch_norm_epsilon, momentum=run.batch_norm_momentum)
            if run.batch_norm
            else nn.Identity()
        )
        self.activation = nn.ReLU() if run.negative_slope is None else nn.LeakyReLU(run.negative_slope)
        self.output = nn.Linear(width, CLASSES)
        self._initialize(run)

    def pre_activation(self, images: Tensor) -> Tensor:
        """What the activation function is applied to, `[batch, width]`: after BN, where there is one."""
        return self.norm(self.hidden(images))

    def forward(self, images: Tensor) -> Tensor:
        return self.output(self.activation(self.pre_activation(images)))

    def _initialize(self, run: Run) -> None:
        """He normal: mean 0, variance 2 / inputs (He et al. 2015, equation 10); biases constant."""
        source = generator(run.seed, WEIGHTS)
        for layer in (self.hidden, self.output):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu", generator=source)
            if layer.bias is not None:
                nn.init.constant_(layer.bias, run.bias)
        if run.batch_norm:
            # The shift of BN is the bias of the hidden layer under another name.
            nn.init.constant_(self.norm.bias, run.bias)
