"""When frames are drawn, and how they are named."""

import pytest

from dying_relu.measurements.frame_schedule import FrameSchedule, array_name, frame_label, frame_of
from helpers import make_run


def test_every_epoch():
    run = make_run(epochs=3, train_images=1000)
    assert FrameSchedule(1, "epoch").names(run) == ["epoch-000001", "epoch-000002", "epoch-000003"]
    assert list(FrameSchedule(1, "epoch").segments(run, 2)) == [(10, "epoch-000002")]


def test_every_other_epoch_still_trains_whole_epochs():
    run = make_run(epochs=3, train_images=1000)
    assert [list(FrameSchedule(2, "epoch").segments(run, epoch)) for epoch in (1, 2, 3)] == [
        [(10, None)],
        [(10, "epoch-000002")],
        [(10, None)],
    ]


def test_every_fourth_step_counts_on_across_epochs():
    run = make_run(epochs=2, train_images=1000)  # ten steps an epoch
    first, second = (list(FrameSchedule(4, "step").segments(run, epoch)) for epoch in (1, 2))
    assert first == [(4, "epoch-000001-step-000000004"), (8, "epoch-000001-step-000000008"), (10, None)]
    assert second == [
        (2, "epoch-000002-step-000000012"),
        (6, "epoch-000002-step-000000016"),
        (10, "epoch-000002-step-000000020"),
    ]


def test_rarer_than_an_epoch_has_steps():
    run = make_run(epochs=4, train_images=1000)
    assert FrameSchedule(25, "step").names(run) == ["epoch-000003-step-000000025"]


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("epoch-000012", "epoch 12"),
        ("epoch-000012-step-000006600", "epoch 12, step 6,600"),
        ("epoch-000003-diverged", "epoch 3, diverged"),
        ("epoch-000003-step-000000020-diverged", "epoch 3, step 20, diverged"),
    ],
)
def test_labels(name, label):
    assert frame_label(name) == label


def test_arrays_of_a_frame_are_named_after_it_and_their_layer():
    names = [array_name("epoch-000002-step-000000012", layer) for layer in (1, 2)]
    assert names == ["epoch-000002-step-000000012", "epoch-000002-step-000000012-layer-2"]
    assert {frame_of(name) for name in names} == {"epoch-000002-step-000000012"}
