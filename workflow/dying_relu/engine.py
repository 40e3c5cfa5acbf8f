"""Engines: what takes a network through mini-batches."""

from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor, nn

from dying_relu.network import Network
from dying_relu.run import Run


class Engine(Protocol):
    """Trains a network in place. Between two calls of `train` the network's weights are current."""

    network: Network

    def train(self, batches: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """One optimiser step per mini-batch of `batches`, each int64 `[size]` of image indices.

        Returns, per mini-batch and as they were before its step, the mean loss in nats (float32)
        and the number of correctly classified images (int64). The values of the loss may be
        infinite or NaN: to judge them is the caller's business.
        """
        ...

    def gradient(self) -> Tensor:
        """The gradient of the last mini-batch's mean loss by the hidden layer's weights, `[width, inputs]`."""
        ...


class TorchEngine:
    """The plain engine: autograd and torch's own optimiser. It defines what is computed."""

    def __init__(self, run: Run, network: Network, images: Tensor, labels: Tensor) -> None:
        """`images` float32 `[n, inputs]`, `labels` int64 `[n]`: what the indices point into."""
        self.network = network
        self._images, self._labels = images, labels
        self._loss = nn.CrossEntropyLoss()
        # One fused kernel per step; at small mini-batches it saves a third of the time.
        self._optimizer = torch.optim.Adam(
            network.parameters(), lr=run.learning_rate, betas=(run.beta1, run.beta2), eps=run.epsilon, fused=True
        )

    def train(self, batches: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        self.network.train()
        losses = torch.empty(len(batches))
        correct = torch.empty(len(batches), dtype=torch.int64)
        for step, index in enumerate(batches):
            labels = self._labels[index]
            logits = self.network(self._images[index])
            loss = self._loss(logits, labels)
            self._optimizer.zero_grad()
            loss.backward()
            self._optimizer.step()
            losses[step] = loss.detach()
            correct[step] = (logits.detach().argmax(1) == labels).sum()
        return losses, correct

    def gradient(self) -> Tensor:
        return self.network.hidden.weight.grad


def prepare_torch(threads: int) -> None:
    """Make torch use `threads` threads, and treat denormal numbers as zero. To be called before any work.

    Results would otherwise depend on the machine's number of cores. Adam's averages of rarely lit
    pixels decay into denormals, whose slow arithmetic costs up to a third of the time at small
    mini-batches.
    """
    torch.set_num_threads(threads)
    torch.set_num_interop_threads(1)
    torch.set_flush_denormal(True)
