"""A whole training step, gradient and Adam included, as one graph under torch.compile. Needs a C++ compiler."""

import torch
from harness import Implementation, Task, measure, torch_accuracy, torch_network
from torch.func import functional_call, grad_and_value
from torch.nn import functional

RATE, BETA1, BETA2, EPSILON = 1e-3, 0.9, 0.999, 1e-8


def make(task: Task) -> Implementation:
    torch.set_flush_denormal(True)
    images, labels = map(torch.from_numpy, task.read("train"))
    network = torch_network(task)
    weights = {name: value.detach().clone() for name, value in network.named_parameters()}
    buffers = {name: value.clone() for name, value in network.named_buffers() if "tracked" not in name}

    # Of the linear maps in the network; BN and activation follow each but the last.
    *places, last = range(1, 2 + 3 * len(task.hidden), 3)

    def linear(weights, place, inputs):
        return functional.linear(inputs, weights[f"{place}.weight"], weights[f"{place}.bias"])

    def loss_of(weights, running, images, labels):
        outputs = images
        for place, statistics in zip(places, running, strict=True):
            shift = weights[f"{place + 1}.weight"], weights[f"{place + 1}.bias"]
            outputs = linear(weights, place, outputs)
            outputs = functional.batch_norm(outputs, *statistics, *shift, training=True, momentum=0.1)
            outputs = functional.relu(outputs)
        return functional.cross_entropy(linear(weights, last, outputs), labels)

    @torch.compile(fullgraph=True, dynamic=False)
    def step(weights, mean, square, running, time, index):
        inputs = images[index], labels[index]
        gradients, _ = grad_and_value(loss_of)(weights, running, *inputs)
        rate = RATE / (1 - BETA1**time)
        correction = 1 / torch.sqrt(1 - BETA2**time)
        for name, gradient in gradients.items():
            mean[name].lerp_(gradient, 1 - BETA1)
            square[name].mul_(BETA2).addcmul_(gradient, gradient, value=1 - BETA2)
            weights[name].sub_(rate * mean[name] / (square[name].sqrt() * correction + EPSILON))

    mean, square = ({name: torch.zeros_like(value) for name, value in weights.items()} for _ in range(2))
    running = [(buffers[f"{place + 1}.running_mean"], buffers[f"{place + 1}.running_var"]) for place in places]
    time = torch.zeros(())

    def train_epoch(order):
        with torch.no_grad():
            for index in torch.from_numpy(order).split(task.batch_size):
                time.add_(1)
                step(weights, mean, square, running, time, index)

    def accuracy():
        def network_now(images):
            return functional_call(network.eval(), weights | buffers, (images,))

        network_now.eval = network_now.train = lambda: None
        return torch_accuracy(network_now, task)

    return train_epoch, accuracy


if __name__ == "__main__":
    measure(make)
