"""A whole training step, gradient and Adam included, as one graph under torch.compile. Needs a C++ compiler."""

from pathlib import Path

import torch
from harness import Implementation, measure, read, torch_accuracy, torch_network
from torch.func import functional_call, grad_and_value
from torch.nn import functional

RATE, BETA1, BETA2, EPSILON = 1e-3, 0.9, 0.999, 1e-8


def make(raw: Path, batch_size: int) -> Implementation:
    torch.set_flush_denormal(True)
    images, labels = map(torch.from_numpy, read(raw, "train"))
    network = torch_network()
    weights = {name: value.detach().clone() for name, value in network.named_parameters()}
    buffers = {name: value.clone() for name, value in network.named_buffers() if "tracked" not in name}

    def loss_of(weights, mean, variance, images, labels):
        linear = functional.linear(images, weights["1.weight"], weights["1.bias"])
        normal = functional.batch_norm(
            linear, mean, variance, weights["2.weight"], weights["2.bias"], training=True, momentum=0.1
        )
        logits = functional.linear(functional.relu(normal), weights["4.weight"], weights["4.bias"])
        return functional.cross_entropy(logits, labels)

    @torch.compile(fullgraph=True, dynamic=False)
    def step(weights, mean, square, running, time, index):
        inputs = images[index], labels[index]
        gradients, _ = grad_and_value(loss_of)(weights, running[0], running[1], *inputs)
        rate = RATE / (1 - BETA1**time)
        correction = 1 / torch.sqrt(1 - BETA2**time)
        for name, gradient in gradients.items():
            mean[name].lerp_(gradient, 1 - BETA1)
            square[name].mul_(BETA2).addcmul_(gradient, gradient, value=1 - BETA2)
            weights[name].sub_(rate * mean[name] / (square[name].sqrt() * correction + EPSILON))

    mean, square = ({name: torch.zeros_like(value) for name, value in weights.items()} for _ in range(2))
    running = [buffers["2.running_mean"], buffers["2.running_var"]]
    time = torch.zeros(())

    def train_epoch(order):
        with torch.no_grad():
            for index in torch.from_numpy(order).split(batch_size):
                time.add_(1)
                step(weights, mean, square, running, time, index)

    def accuracy():
        def network_now(images):
            return functional_call(network.eval(), weights | buffers, (images,))

        network_now.eval = network_now.train = lambda: None
        return torch_accuracy(network_now, raw)

    return train_epoch, accuracy


if __name__ == "__main__":
    measure(make)
