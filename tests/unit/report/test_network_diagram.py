"""The drawing of the network."""

from dying_relu.report.network_diagram import diagram, network_diagrams
from helpers import make_run


def test_a_column_for_inputs_each_hidden_layer_and_outputs():
    columns = diagram([make_run(hidden=[64, 5])])["columns"]
    assert [column["title"] for column in columns] == [
        "784 inputs",
        "64 hidden units",
        "5 hidden units",
        "10 outputs",
    ]
    assert [len(column["circles"]) for column in columns] == [10, 10, 5, 10]
    assert [column["dots"] is None for column in columns] == [False, False, True, True]


def test_what_the_networks_do_not_share_is_said():
    runs = [make_run(), make_run(seed=2), make_run(batch_norm=False)]
    runs.append(make_run(activation="leaky_relu", negative_slope=0.1))
    assert diagram(runs)["columns"][1]["lines"] == ["BN in 2 of 3, then", "ReLU or Leaky ReLU"]
    assert diagram([make_run(batch_norm=False)])["columns"][1]["lines"] == ["no BN, then", "ReLU"]


def test_bn_stands_where_it_is():
    behind = make_run(batch_norm_position="after_activation")
    assert diagram([behind])["columns"][1]["lines"] == ["ReLU, then", "BN"]
    assert diagram([behind, make_run()])["columns"][1]["lines"] == ["BN, before or after", "ReLU"]


def test_of_many_choices_of_layers_the_smallest_and_the_largest_are_drawn():
    runs = [make_run(hidden=hidden) for hidden in ([8], [4], [4, 4], [8, 8], [8, 8, 8])]
    assert [len(one["columns"]) for one in network_diagrams(runs[:3])] == [3, 3, 4]
    drawn = network_diagrams(runs)
    assert [one["columns"][1]["title"] for one in drawn] == ["4 hidden units", "8 hidden units"]
    assert [len(one["columns"]) for one in drawn] == [3, 5]
