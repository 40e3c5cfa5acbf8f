"""The plain engine: autograd and torch's own optimiser. It defines what is computed."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from dying_relu.configuration.run import Run
from dying_relu.data.images import to_inputs
from dying_relu.measurements.evaluation import TestResult, evaluate
from dying_relu.model.network import Network


class TorchEngine:
    """An engine as `engine.Engine` says."""

    def __init__(self, run: Run, network: Network, pixels: Tensor, labels: Tensor) -> None:
        self.network = network
        self._batch_size = run.batch_size
        self._pixels, self._labels = pixels, labels
        self._loss = nn.CrossEntropyLoss()
        # One fused kernel per step; at small mini-batches it saves a third of the time.
        if run.optimizer == "adam":
            self._optimizer = torch.optim.Adam(
                network.parameters(), lr=run.learning_rate, betas=(run.beta1, run.beta2), eps=run.epsilon, fused=True
            )
        else:
            self._optimizer = torch.optim.SGD(
                network.parameters(), lr=run.learning_rate, momentum=run.momentum, fused=True
            )

    def train(self, batches: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        self.network.train()
        losses = torch.empty(len(batches))
        correct = torch.empty(len(batches), dtype=torch.int64)
        for step, index in enumerate(batches):
            labels = self._labels[index]
            logits = self.network(to_inputs(self._pixels[index], self.network.scaling))
            loss = self._loss(logits, labels)
            self._optimizer.zero_grad()
            loss.backward()
            self._optimizer.step()
            losses[step] = loss.detach()
            correct[step] = (logits.detach().argmax(1) == labels).sum()
        return losses, correct

    def gradient(self, layer: int = 0) -> Tensor:
        return self.network.layers[layer].linear.weight.grad.flatten(1)

    def tester(self, pixels: Tensor, labels: Tensor) -> Callable[[], TestResult]:
        return partial(evaluate, self.network, to_inputs(pixels, self.network.scaling), labels, self._batch_size)

    def state(self) -> dict[str, NDArray]:
        found = {f"network.{name}": tensor.numpy() for name, tensor in self.network.state_dict().items()}
        for index, averages in self._optimizer.state_dict()["state"].items():
            found |= {f"optimizer.{index}.{name}": part.numpy() for name, part in averages.items() if part is not None}
        return found

    def restore(self, state: Mapping[str, NDArray]) -> None:
        network, optimizer = {}, {}
        for name, array in state.items():
            kind, _, rest = name.partition(".")
            if kind == "network":
                network[rest] = torch.from_numpy(array)
            elif kind == "optimizer":
                index, _, average = rest.partition(".")
                optimizer.setdefault(int(index), {})[average] = torch.from_numpy(array)
        self.network.load_state_dict(network)
        self._optimizer.load_state_dict(self._optimizer.state_dict() | {"state": optimizer})
