"""The plain engine: autograd and torch's own optimisers. It defines the results."""

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
    """An `engine.Engine`."""

    def __init__(self, run: Run, network: Network, pixels: Tensor, labels: Tensor) -> None:
        self.network = network
        self._batch_size = run.batch_size
        self._pixels, self._labels = pixels, labels
        self._loss = nn.CrossEntropyLoss()
        # fused: with small mini-batches it saves a third of the time.
        shared = {"params": network.parameters(), "lr": run.learning_rate, "fused": True}
        if run.optimizer == "adam":
            self._optimizer = torch.optim.Adam(**shared, betas=(run.beta1, run.beta2), eps=run.epsilon)
        else:
            self._optimizer = torch.optim.SGD(**shared, momentum=run.momentum)

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
        for index, moments in self._optimizer.state_dict()["state"].items():
            found |= {f"optimizer.{index}.{name}": part.numpy() for name, part in moments.items() if part is not None}
        return found

    def restore(self, state: Mapping[str, NDArray]) -> None:
        network, optimizer = {}, {}
        for name, array in state.items():
            owner, _, rest = name.partition(".")
            if owner == "network":
                network[rest] = torch.from_numpy(array)
            elif owner == "optimizer":
                index, _, moment = rest.partition(".")
                optimizer.setdefault(int(index), {})[moment] = torch.from_numpy(array)
        self.network.load_state_dict(network)
        self._optimizer.load_state_dict(self._optimizer.state_dict() | {"state": optimizer})
