"""The least that an epoch takes: its products at the peak of a core's arithmetic, Adam at the speed of its memory."""

import time

import numpy as np
from harness import CLASSES, WIDTH, Implementation, Task, measure
from numba import njit

from dying_relu.engines.kernels.compile_options import OPTIONS
from dying_relu.engines.kernels.simd import LANES, broadcast, reduce_add

HALF, ONE = np.float32(0.5), np.float32(1)


@njit(**OPTIONS)
def multiply_add(times):
    """Multiply and add three vectors `times` times, in registers; twelve registers, so that none waits for itself."""
    a, b, c = broadcast(HALF), broadcast(HALF), broadcast(HALF)
    for _ in range(times):
        a, b, c = a * HALF + HALF, b * HALF + HALF, c * HALF + HALF
    return reduce_add(a) + reduce_add(b) + reduce_add(c)


def make(task: Task) -> Implementation:
    images = task.read("train")[0]
    lit = images.reshape(len(images), -1, 2).any(axis=2)  # pairs of pixels, as the engine takes them
    # Forward and backward, a multiplication and an addition for both pixels of a pair and each hidden unit; and the
    # output layer's three products.
    operations = 2 * 2 * 2 * int(lit.sum()) * WIDTH + 3 * 2 * len(images) * WIDTH * CLASSES
    # Adam reads and writes a weight and its two moments, for both pixels of all pairs that are lit in any image; here
    # in huge pages, which NumPy asks for from 4 MiB on.
    moments = np.ones(1 << 21, np.float32)[: 3 * 2 * int(lit.any(axis=0).sum()) * WIDTH]
    steps = len(images) // task.batch_size
    moved = 2 * moments.nbytes * steps

    def train_epoch(_):
        nonlocal arithmetic, memory
        started = time.process_time()
        multiply_add(operations // (3 * 2 * LANES))
        arithmetic, started = time.process_time() - started, time.process_time()
        for _ in range(steps):
            np.multiply(moments, ONE, out=moments)  # by 0.5 they would end as denormals, which are slow
        memory = time.process_time() - started

    arithmetic = memory = 0.0

    def known():
        train_epoch(None)  # the first one has compiled
        return {"gflops": operations / arithmetic / 1e9, "gb_per_second": moved / memory / 1e9}

    return train_epoch, known


if __name__ == "__main__":
    measure({"roofline": make})
