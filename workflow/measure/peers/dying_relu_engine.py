"""This project's engines, as its jobs use them."""

from functools import partial

from harness import Implementation, Task, measure

from dying_relu.configuration.run import Run
from dying_relu.configuration.settings import ARTICLE_SEED
from dying_relu.data.images import load_images
from dying_relu.engines.engine import choose
from dying_relu.model.seeding import mini_batches

ENGINES = {"dying-relu": "numba", "dying-relu-torch": "torch"}


def run_of(task: Task, epochs: int = 1) -> Run:
    """The run that the pipeline makes of a task."""
    return Run(batch_norm=True, batch_size=task.batch_size, epochs=epochs, seed=ARTICLE_SEED, **task.parameters)


def make(name: str, task: Task) -> Implementation:
    run = run_of(task)
    engine = choose(name, run)(run, load_images(task.raw, run.train_images))

    def train_epoch(order):
        engine.train(mini_batches(order, task.batch_size))

    return train_epoch, lambda: {"accuracy": engine.test().accuracy}


if __name__ == "__main__":
    measure({implementation: partial(make, name) for implementation, name in ENGINES.items()})
