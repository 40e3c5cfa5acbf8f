"""The loop of the usual PyTorch tutorial: data set with transforms, DataLoader, Adam, `.item()` at each step."""

import torch
from harness import Implementation, Task, measure, torch_accuracy, torch_network
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, transforms


def make(task: Task) -> Implementation:
    data = datasets.MNIST(task.raw.parents[1], train=True, transform=transforms.ToTensor())
    loader = DataLoader(data, batch_size=task.batch_size, shuffle=True)
    network = torch_network(task)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
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

    return train_epoch, lambda: torch_accuracy(network, task)


if __name__ == "__main__":
    measure(make)
