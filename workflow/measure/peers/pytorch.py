"""What PyTorch's users write to train such a network, from the tutorial's loop to a compiled step."""

from itertools import chain, pairwise

import torch
from harness import CLASSES, WIDTH, Implementation, Task, measure
from torch import nn
from torch.func import functional_call, grad_and_value
from torch.nn import functional
from torch.utils.data import DataLoader
from torchvision import datasets, transforms

RATE, BETA1, BETA2, EPSILON = 1e-3, 0.9, 0.999, 1e-8


def network_of(task: Task) -> nn.Sequential:
    """784 - hidden layers with BN and ReLU - 10, as a beginner would write it."""
    sizes = [784, *task.parameters.get("hidden", [WIDTH])]
    hidden = [(nn.Linear(inputs, width), nn.BatchNorm1d(width), nn.ReLU()) for inputs, width in pairwise(sizes)]
    return nn.Sequential(nn.Flatten(), *chain(*hidden), nn.Linear(sizes[-1], CLASSES))


def accuracy_of(network: nn.Module, task: Task) -> dict[str, float]:
    """The `accuracy`: the share of test images that a network classifies correctly, with running averages."""
    images, labels = map(torch.from_numpy, task.read("t10k"))
    network.eval()
    with torch.inference_mode():
        correct = (network(images).argmax(1) == labels).double().mean().item()
    network.train()
    return {"accuracy": correct}


def tutorial(task: Task) -> Implementation:
    """The loop of the usual PyTorch tutorial: data set with transforms, DataLoader, Adam, `.item()` at each step."""
    data = datasets.MNIST(task.raw.parents[1], train=True, transform=transforms.ToTensor())
    loader = DataLoader(data, batch_size=task.batch_size, shuffle=True)
    network = network_of(task)
    optimizer = torch.optim.Adam(network.parameters(), lr=RATE)
    loss_function = nn.CrossEntropyLoss()

    def train_epoch(_):
        running_loss, correct = 0.0, 0
        for images, labels in loader:
            optimizer.zero_grad()
            logits = network(images)
            loss = loss_function(logits, labels)
            loss.backward()
            optimizer.step()
            running_loss += loss.item()
            correct += (logits.argmax(1) == labels).sum().item()

    return train_epoch, lambda: accuracy_of(network, task)


def eager(task: Task) -> Implementation:
    """Eager PyTorch with everything in memory, fused Adam, and denormals taken as zero."""
    torch.set_flush_denormal(True)
    images, labels = map(torch.from_numpy, task.read("train"))
    network = network_of(task)
    optimizer = torch.optim.Adam(network.parameters(), lr=RATE, fused=True)
    loss_function = nn.CrossEntropyLoss()

    def train_epoch(order):
        for index in torch.from_numpy(order).split(task.batch_size):
            optimizer.zero_grad()
            loss_function(network(images[index]), labels[index]).backward()
            optimizer.step()

    return train_epoch, lambda: accuracy_of(network, task)


def compiled(task: Task) -> Implementation:
    """A whole training step, gradient and optimiser included, as one graph of torch.compile. Needs a C++ compiler."""
    torch.set_flush_denormal(True)
    images, labels = map(torch.from_numpy, task.read("train"))
    rate, momentum = task.parameters.get("learning_rate", RATE), task.parameters.get("momentum")
    network = network_of(task)
    weights = {name: value.detach() for name, value in network.named_parameters()}
    running = dict(network.named_buffers())

    def loss_of(weights, running, images, labels):
        return functional.cross_entropy(functional_call(network, weights | running, images), labels)

    @torch.compile(fullgraph=True, dynamic=False)
    def step(weights, running, first, second, time, index):
        gradients, _ = grad_and_value(loss_of)(weights, running, images[index], labels[index])
        adam_rate = rate / (1 - BETA1**time)
        correction = 1 / torch.sqrt(1 - BETA2**time)
        for name, gradient in gradients.items():
            if "optimizer" in task.parameters:
                weights[name].sub_(rate * (first[name].mul_(momentum).add_(gradient) if momentum else gradient))
                continue
            first[name].lerp_(gradient, 1 - BETA1)
            second[name].mul_(BETA2).addcmul_(gradient, gradient, value=1 - BETA2)
            weights[name].sub_(adam_rate * first[name] / (second[name].sqrt() * correction + EPSILON))

    first, second = ({name: torch.zeros_like(value) for name, value in weights.items()} for _ in range(2))
    time = torch.zeros(())

    def train_epoch(order):
        with torch.no_grad():
            for index in torch.from_numpy(order).split(task.batch_size):
                time.add_(1)
                step(weights, running, first, second, time, index)

    return train_epoch, lambda: accuracy_of(network, task)


def dense_floor(task: Task) -> Implementation:
    """The first layer's two products alone, dense, by torch's BLAS: no training that multiplies by zeros is faster."""
    images = torch.from_numpy(task.read("train")[0])
    weight = torch.randn(784, WIDTH)
    linear, gradient = torch.randn(task.batch_size, WIDTH), torch.empty(784, WIDTH)

    def train_epoch(_):
        for batch in images.split(task.batch_size):
            torch.mm(batch, weight, out=linear)
            torch.mm(batch.t(), linear, out=gradient)

    return train_epoch, dict


if __name__ == "__main__":
    measure(
        {"pytorch-tutorial": tutorial, "pytorch-eager": eager, "pytorch-compile": compiled, "dense-floor": dense_floor}
    )
