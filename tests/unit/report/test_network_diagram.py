"""The drawing of the network."""

import pytest

from dying_relu.report.network_diagram import diagram, network_diagrams
from helpers import make_run


@pytest.mark.parametrize(
    ("changes", "lines"),
    [
        ([{"batch_norm": False}], ["no BN, then", "ReLU"]),
        (
            [{}, {"seed": 2}, {"batch_norm": False}, {"activation": "leaky_relu", "negative_slope": 0.1}],
            ["BN in 2 of 3, then", "ReLU or Leaky ReLU"],
        ),
        ([{"batch_norm_position": "after_activation"}], ["ReLU, then", "BN"]),
        ([{"batch_norm_position": "after_activation"}, {}], ["BN, before or after", "ReLU"]),
    ],
)
def test_hidden_layers_say_what_the_networks_share_and_what_not(changes, lines):
    assert diagram([make_run(**change) for change in changes])["columns"][1]["lines"] == lines


def test_of_many_choices_of_layers_the_smallest_and_the_largest_are_drawn():
    runs = [make_run(hidden=hidden) for hidden in ([8], [4], [4, 4], [8, 8], [8, 8, 8])]
    assert [len(one["columns"]) for one in network_diagrams(runs[:3])] == [3, 3, 4]
    drawn = network_diagrams(runs)
    assert [[column["title"] for column in one["columns"]] for one in drawn] == [
        ["784 inputs", "4 hidden units", "10 outputs"],
        ["784 inputs", *["8 hidden units"] * 3, "10 outputs"],
    ]
    assert [len(column["circles"]) for column in drawn[0]["columns"]] == [10, 4, 10]
