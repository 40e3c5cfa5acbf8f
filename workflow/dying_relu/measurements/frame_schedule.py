"""When a training draws a frame of dW, and how frames are named."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from dying_relu.configuration.run import Run

DIVERGED = "diverged"  # the last part of the name of a diverged run's last frame


@dataclass(frozen=True)
class FrameSchedule:
    """A frame after every `every` epochs or steps (mini-batches); `unit` is `epoch` or `step`."""

    every: int = 1
    unit: str = "epoch"

    def segments(self, run: Run, epoch: int) -> Iterator[tuple[int, str | None]]:
        """Yield the segments of mini-batches into which frames cut `epoch` (from 1).

        A segment is given by the epoch's number of mini-batches at its end, and the name of the frame that is due then,
        or None. The last one ends with the epoch.
        """
        steps = run.steps_per_epoch
        if self.unit == "epoch":
            yield steps, None if epoch % self.every else f"epoch-{epoch:06d}"
            return
        before = (epoch - 1) * steps
        first = self.every - before % self.every
        for step in range(first, steps + 1, self.every):
            yield step, f"epoch-{epoch:06d}-step-{before + step:09d}"
        if (before + steps) % self.every:
            yield steps, None

    def divergence_frame(self, run: Run, epoch: int, batch: int) -> str:
        """Return the name of the last frame of a run that diverged in a mini-batch of `epoch` (both from 1)."""
        step = f"-step-{(epoch - 1) * run.steps_per_epoch + batch:09d}" if self.unit == "step" else ""
        return f"epoch-{epoch:06d}{step}-{DIVERGED}"

    def names(self, run: Run) -> list[str]:
        """Return the names of all frames of a run in their order, which is also the alphabetical one."""
        return [name for epoch in range(1, run.epochs + 1) for _, name in self.segments(run, epoch) if name is not None]


def split(segments: Iterable[tuple[int, str | None]], steps: Sequence[int]) -> Iterator[tuple[int, str | None]]:
    """Cut segments at further `steps`, ascending numbers of mini-batches, after which no frame is due."""
    begin = 0
    for end, frame in segments:
        yield from ((step, None) for step in steps if begin < step < end)
        yield end, frame
        begin = end


def array_name(frame: str, layer: int) -> str:
    """Return the name of a frame's array for a hidden layer (from 1): the frame's own, then `-layer-2` and so on."""
    return frame if layer == 1 else f"{frame}-layer-{layer}"


def frame_of(array: str) -> str:
    """Return the name of the frame that an array belongs to."""
    return array.partition("-layer-")[0]


def frame_label(name: str) -> str:
    """Return a frame's label: `epoch 12`, or `epoch 12, step 6,600` with frames at steps.

    The last frame of a diverged run says so: `epoch 12, diverged`.
    """
    epoch, *step = _numbers(name)
    diverged = f", {DIVERGED}" * name.endswith(DIVERGED)
    return f"epoch {epoch}" + "".join(f", step {number:,}" for number in step) + diverged


def frame_time(name: str, steps_per_epoch: int) -> float:
    """Return when a frame was drawn, in epochs since the start: 12 after epoch 12, 0.5 in the middle of the first."""
    epoch, *step = _numbers(name)
    return step[0] / steps_per_epoch if step else epoch


def _numbers(name: str) -> list[int]:
    """Return epoch and step, or epoch alone, from a frame's name."""
    return [int(part) for part in name.split("-") if part.isdigit()]
