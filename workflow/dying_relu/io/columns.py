"""TODO."""

OUTCOMES = [
    *("run", "diverged", "test_accuracy", "test_accuracy_batch_statistics", "train_loss"),
    *("dead", "born_dead", "died", "revived", "ever_dead", "dead_layers", "born_dead_layers"),
]


METRICS = [
    *("epoch", "train_loss", "train_accuracy", "perfect_batches"),
    *("test_loss", "test_accuracy", "test_accuracy_batch_statistics"),
    *("dead_units", "inactive_units", "dark_units"),
]
UNITS = ["epoch", "unit", "active_fraction", "dw_min", "dw_max", "background", "dead", "inactive", "dark", "layer"]
BATCHES = ["epoch", "batch", "accuracy", "loss"]
