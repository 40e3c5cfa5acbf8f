"""The columns of every table below the results folder, in their order: the contract between what trains and what reads.

docs/output.md says what each column holds.
"""

# runs/<run>/initial.csv: a row per hidden unit, before the first step.
INITIAL = ["layer", "unit", "active_fraction", "dead", "inactive"]

# runs/<run>/first_steps.csv: a row per watched step and hidden layer.
FIRST_STEPS = ["step", "layer", "units", "dead", "inactive"]

# runs/<run>/deaths.csv: a row per hidden unit that was ever seen dead.
DEATHS = ["layer", "unit", "born_dead", "died", "revived"]

# runs/<run>/metrics.csv: a row per epoch.
METRICS = [
    *("epoch", "train_loss", "train_accuracy", "perfect_batches"),
    *("test_loss", "test_accuracy", "test_accuracy_batch_statistics"),
    *("dead_units", "inactive_units", "dark_units", "train_accuracy_eval"),
]

# runs/<run>/units.csv.gz: a row per epoch and hidden unit.
UNITS = ["epoch", "unit", "active_fraction", "dw_min", "dw_max", "background", "dead", "inactive", "dark", "layer"]

# runs/<run>/batches.csv.gz: a row per mini-batch.
BATCHES = ["epoch", "batch", "accuracy", "loss"]

# outcomes/<experiment>.csv: a row per run.
OUTCOMES = [
    *("run", "diverged", "test_accuracy", "test_accuracy_batch_statistics", "train_loss"),
    *("dead", "born_dead", "died", "revived", "ever_dead", "dead_layers", "born_dead_layers"),
]

# claims.csv: a row per claim and evaluation.
CLAIMS = [
    *("claim", "statement", "evaluation", "article", "measured", "low", "high", "seeds", "rule", "verdict"),
    *("source", "used_to_choose", "details"),
]

# claims_seeds.csv: a row per claim, evaluation, quantity and seed.
CLAIMS_SEEDS = ["claim", "evaluation", "quantity", "seed", "value", "count"]

# multiverse.csv: a row per claim, evaluation, world and free choice.
MULTIVERSE = [
    *("claim", "evaluation", "world", "dw", "window", "frames", "admissible"),
    *("measured", "low", "high", "seeds", "verdict"),
]

# runs.csv: a row per run; its columns follow from the declaration of the parameters, see RUN_COLUMNS in
# configuration/run.py.

# final.csv: a row per run, the last row of its metrics.
FINAL = ["run", *METRICS]
