"""Random streams: reproducible, and independent of each other."""

import torch

from dying_relu.model.seeding import ORDER, WEIGHTS, generator, image_order


def test_an_order_has_every_image_once():
    assert sorted(image_order(1, 1, 50).tolist()) == list(range(50))


def test_orders_differ_between_epochs_and_seeds_and_come_back():
    orders = [tuple(image_order(seed, epoch, 50).tolist()) for seed in (1, 2) for epoch in (1, 2)]
    assert len(set(orders)) == 4
    assert tuple(image_order(1, 1, 50).tolist()) == orders[0]


def test_purposes_do_not_share_numbers():
    one, other = (torch.rand(5, generator=generator(1, stream)) for stream in (WEIGHTS, ORDER))
    assert not torch.equal(one, other)
