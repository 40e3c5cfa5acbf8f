"""Eager PyTorch with everything in memory, fused Adam, and denormals taken as zero."""

from pathlib import Path

import torch
from harness import Implementation, measure, read, torch_accuracy, torch_network
from torch import nn


def make(raw: Path, batch_size: int) -> Implementation:
    torch.set_flush_denormal(True)
    images, labels = map(torch.from_numpy, read(raw, "train"))
    network = torch_network()
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3, fused=True)
    loss_function = nn.CrossEntropyLoss()

    def train_epoch(order):
        for index in torch.from_numpy(order).split(batch_size):
            optimizer.zero_grad()
            loss_function(network(images[index]), labels[index]).backward()
            optimizer.step()

    return train_epoch, lambda: torch_accuracy(network, raw)


if __name__ == "__main__":
    measure(make)
