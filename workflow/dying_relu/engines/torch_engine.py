"""The plain engine: autograd and torch's own optimisers. It defines the results."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from dying_relu.configuration.run import Run
from dying_relu.data.images import Images, Scaling
from dying_relu.measurements.dead_units import dead_and_inactive_units, with_training_statistics
from dying_relu.measurements.evaluation import accuracy, evaluate
from dying_relu.measurements.results import TestResult, chunk_size
from dying_relu.model.network import Network, to_inputs
from dying_relu.model.seeding import order_of_test_images


class TorchEngine:
    """An `engine.Engine`."""

    @classmethod
    def compile(cls, run: Run) -> None:
        """Nothing: PyTorch comes compiled."""

    def __init__(self, run: Run, images: Images, threads: int = 1) -> None:
        torch.set_num_threads(threads)
        torch.set_flush_denormal(True)
        self.scaling = Scaling.of(run.input_scaling, images.train)
        self.network = Network(run, images.train.shape[1], self.scaling)
        self._batch_size, self._rows = run.batch_size, chunk_size(run)
        self._pixels, self._labels = torch.from_numpy(images.train), torch.from_numpy(images.train_labels)
        order = order_of_test_images(run.seed, len(images.test))
        self._test_inputs = to_inputs(torch.from_numpy(images.test[order]), self.scaling)
        self._test_labels = torch.from_numpy(images.test_labels[order])
        self._loss = nn.CrossEntropyLoss()
        self._run, self._steps = run, 0
        self._gradients: list[torch.Tensor] = []  # of the hidden layers, before they are clipped
        # fused: with small mini-batches it saves a third of the time.
        shared = {"params": self.network.parameters(), "lr": run.learning_rate, "fused": True}
        if run.optimizer == "adam":
            shared |= {"betas": (run.beta1, run.beta2), "eps": run.epsilon}
            if run.weight_decay:
                self._optimizer = torch.optim.AdamW(**shared, weight_decay=run.weight_decay)
            else:
                self._optimizer = torch.optim.Adam(**shared)
        else:
            self._optimizer = torch.optim.SGD(**shared, momentum=run.momentum)

    def train(self, batches: Sequence[NDArray]) -> tuple[NDArray, NDArray]:
        self.network.train()
        losses = torch.empty(len(batches))
        correct = torch.empty(len(batches), dtype=torch.int64)
        for step, index in enumerate(map(torch.from_numpy, batches)):
            labels = self._labels[index]
            logits = self.network(to_inputs(self._pixels[index], self.scaling))
            loss = self._loss(logits, labels)
            self._optimizer.zero_grad()
            loss.backward()
            if self._run.gradient_clip:
                self._gradients = [layer.linear.weight.grad.clone() for layer in self.network.layers]
                nn.utils.clip_grad_norm_(self.network.parameters(), self._run.gradient_clip)
            self._steps += 1
            for group in self._optimizer.param_groups:
                group["lr"] = self._run.learning_rate * min(1.0, self._steps / max(1, self._run.warmup_steps))
            self._optimizer.step()
            losses[step] = loss.detach()
            correct[step] = (logits.detach().argmax(1) == labels).sum()
        return losses.numpy(), correct.numpy()

    def gradient(self, layer: int = 0) -> NDArray:
        gradient = self._gradients[layer] if self._run.gradient_clip else self.network.layers[layer].linear.weight.grad
        return gradient.flatten(1).numpy()

    def test(self) -> TestResult:
        return evaluate(self.network, self._test_inputs, self._test_labels, self._batch_size, self._rows)

    def train_accuracy(self) -> float:
        return accuracy(self.network, self._pixels, self._labels, self._rows)

    def dead_and_inactive_units(self) -> tuple[NDArray, NDArray]:
        dead, inactive = dead_and_inactive_units(self.network, self._pixels, self._rows)
        return dead.numpy(), inactive.numpy()

    @contextmanager
    def training_statistics(self) -> Iterator[None]:
        trained = self.network
        self.network = with_training_statistics(trained, self._pixels, self._rows)
        yield
        self.network = trained

    def state_dict(self) -> dict[str, NDArray]:
        return {name: tensor.numpy() for name, tensor in self.network.state_dict().items()}

    def state(self) -> dict[str, NDArray]:
        found = {f"network.{name}": array for name, array in self.state_dict().items()}
        for index, moments in self._optimizer.state_dict()["state"].items():
            found |= {f"optimizer.{index}.{name}": part.numpy() for name, part in moments.items() if part is not None}
        return found | {"steps": np.array(self._steps)}

    def restore(self, state: Mapping[str, NDArray]) -> None:
        network, optimizer = {}, {}
        self._steps = int(state["steps"])
        for name, array in state.items():
            owner, _, rest = name.partition(".")
            if owner == "network":
                network[rest] = torch.from_numpy(array)
            elif owner == "optimizer":
                index, _, moment = rest.partition(".")
                optimizer.setdefault(int(index), {})[moment] = torch.from_numpy(array)
        self.network.load_state_dict(network)
        self._optimizer.load_state_dict(self._optimizer.state_dict() | {"state": optimizer})
