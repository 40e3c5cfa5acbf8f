"""Split an epoch of the fast engine into its parts, by reading the processor's time stamp counter between them."""

import argparse
import ast
import importlib.util
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from dying_relu.configuration.run import ARTICLE, Run
from dying_relu.configuration.settings import ARTICLE_SEED
from dying_relu.data.images import Images, load_images
from dying_relu.engines import numba_engine
from dying_relu.engines.kernels import training_step
from dying_relu.model.seeding import image_order, mini_batches
from measure.benchmark import results_and_mnist

# Functions that `training_step` calls, by the part that they belong to; all else is the rest, the first one.
PARTS = {
    "rest": [],
    "sort": ["gather", "lit_columns"],
    "steps put off": ["catch_up"],
    "forward product": ["_linear"],
    "BN and activation": ["normalize_batch", "update_running", "activate", "backward"],
    "output layer and loss": ["softmax_cross_entropy", "backward_output", "update_output"],
    "gradient and Adam": ["sparse_update_weight", "update_weight", "update_parameter"],
}
CLOCK = np.zeros(1 + len(PARTS), np.int64)  # the counter at the last reading, and what each part has taken


@intrinsic
def lap(typing, part):
    """Add to a part (its index, int) what the counter has gone on since the last lap."""

    def generate(context, builder, signature, arguments):
        number = ir.IntType(64)
        read = cgutils.get_or_insert_function(builder.module, ir.FunctionType(number, []), "llvm.readcyclecounter")
        now = builder.call(read, [])
        last = builder.inttoptr(number(CLOCK.ctypes.data), number.as_pointer())
        taken = builder.gep(last, [builder.add(arguments[0], number(1))])
        builder.store(builder.add(builder.load(taken), builder.sub(now, builder.load(last))), taken)
        builder.store(now, last)
        return context.get_dummy_value()

    return types.void(types.int64), generate


class _Laps(ast.NodeTransformer):
    """Puts a lap around each statement that calls a function of PARTS."""

    def generic_visit(self, node: ast.AST) -> ast.AST | list[ast.AST]:
        super().generic_visit(node)
        if isinstance(node, ast.Expr | ast.Assign) and isinstance(node.value, ast.Call):
            name = getattr(node.value.func, "id", "")
            for part, functions in enumerate(PARTS.values()):
                if name in functions:
                    return [*ast.parse("lap(0)").body, node, *ast.parse(f"lap({part})").body]
        return node


def with_laps(folder: Path):
    """Return `training_step.train_batches` with laps, compiled from a module in `folder`."""
    source = ast.unparse(ast.fix_missing_locations(_Laps().visit(ast.parse(Path(training_step.__file__).read_text()))))
    path = folder / "step_with_laps.py"
    path.write_text(source)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    module.lap = lap
    spec.loader.exec_module(module)
    return module.train_batches


def measure(images: Images, sizes: list[int], epochs: int) -> pd.DataFrame:
    """Return the processor seconds of each part, medians over `epochs` epochs, a column per mini-batch size."""
    table = pd.DataFrame(index=[*PARTS, "epoch"])
    for size in sizes:
        run = Run(batch_norm=True, batch_size=size, epochs=1, seed=ARTICLE_SEED)
        engine = numba_engine.NumbaEngine(run, images)
        found = []
        for epoch in range(epochs + 1):  # the first compiles
            batches = mini_batches(image_order(run.seed, epoch, run.train_images), size)
            CLOCK[1:] = 0
            started = time.process_time()
            engine.train(batches)
            seconds = time.process_time() - started
            # What has passed before the first lap of the epoch is in the rest.
            found.append([*(CLOCK[1:] / CLOCK[1:].sum() * seconds), seconds])
        table[size] = np.median(found[1:], axis=0)
    return table


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10, 100])
    parser.add_argument("--epochs", type=int, default=5)
    options = parser.parse_args()
    _, raw = results_and_mnist()
    images = load_images(raw, ARTICLE["train_images"])
    with TemporaryDirectory() as folder:
        numba_engine.train_batches = with_laps(Path(folder))
        print(measure(images, options.sizes, options.epochs).to_string(float_format="{:.3f}".format))
