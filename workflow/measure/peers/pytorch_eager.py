"""Eager PyTorch with everything in memory, fused Adam, and denormals taken as zero."""

import torch
from harness import Implementation, Task, measure, torch_accuracy, torch_network
from torch import nn


def make(task: Task) -> Implementation:
    torch.set_flush_denormal(True)
    images, labels = map(torch.from_numpy, task.read("train"))
    network = torch_network(task)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3, fused=True)
    loss_function = nn.CrossEntropyLoss()

    def train_epoch(order):
        for index in torch.from_numpy(order).split(task.batch_size):
            optimizer.zero_grad()
            loss_function(network(images[index]), labels[index]).backward()
            optimizer.step()

    return train_epoch, lambda: torch_accuracy(network, task)


if __name__ == "__main__":
    measure(make)
