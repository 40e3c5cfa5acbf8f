"""When frames are drawn, and how they are named."""

import pytest

from dying_relu.measurements.frame_schedule import FrameSchedule, array_name, frame_label, frame_of
from helpers import make_run


@pytest.mark.parametrize(
    ("schedule", "first", "second"),
    [
        (FrameSchedule(), [(10, "epoch-000001")], [(10, "epoch-000002")]),
        (FrameSchedule(2), [(10, None)], [(10, "epoch-000002")]),
        (
            FrameSchedule(4, "step"),
            [(4, "epoch-000001-step-000000004"), (8, "epoch-000001-step-000000008"), (10, None)],
            [(step - 10, f"epoch-000002-step-{step:09d}") for step in (12, 16, 20)],
        ),
        (FrameSchedule(15, "step"), [(10, None)], [(5, "epoch-000002-step-000000015"), (10, None)]),
    ],
)
def test_whole_epochs_are_trained_and_steps_count_on_across_them(schedule, first, second):
    run = make_run(epochs=2, train_images=1000)  # ten steps an epoch
    assert [list(schedule.segments(run, epoch)) for epoch in (1, 2)] == [first, second]
    assert schedule.names(run) == [name for _, name in first + second if name]


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
