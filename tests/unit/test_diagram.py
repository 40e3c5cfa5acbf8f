"""The drawing of the network."""

from dying_relu.diagram import diagram
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
