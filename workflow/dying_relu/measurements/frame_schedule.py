"""Which moments of a training become frames, and what the frames are called."""

from collections.abc import Iterator
from dataclasses import dataclass

from dying_relu.configuration.run import Run

DIVERGED = "diverged"  # how the name of a diverged run's last frame ends


@dataclass(frozen=True)
class FrameSchedule:
    """A frame after every `every` epochs, or steps (mini-batches), as `unit` says: `epoch` or `step`."""

    every: int
    unit: str

    def segments(self, run: Run, epoch: int) -> Iterator[tuple[int, str | None]]:
        """The stretches of mini-batches that the frames cut an epoch (from 1) into.

        Each is given as the number of mini-batches of the epoch that are done at its end, and the
        name of the frame that is due then, or None. The last one ends with the epoch.
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
        """The name of the last frame of a run that diverged in an epoch, in that mini-batch (both from 1)."""
        step = f"-step-{(epoch - 1) * run.steps_per_epoch + batch:09d}" if self.unit == "step" else ""
        return f"epoch-{epoch:06d}{step}-{DIVERGED}"

    def names(self, run: Run) -> list[str]:
        """The names of all frames of a run, in their order, which is also the alphabetical one."""
        return [name for epoch in range(1, run.epochs + 1) for _, name in self.segments(run, epoch) if name is not None]


def array_name(frame: str, layer: int) -> str:
    """What the array of a frame's hidden layer (from 1) is called: as the frame, with `-layer-2` and so on appended."""
    return frame if layer == 1 else f"{frame}-layer-{layer}"


def frame_of(array: str) -> str:
    """The frame that an array belongs to, by its name."""
    return array.partition("-layer-")[0]


def frame_label(name: str) -> str:
    """What a frame is labelled with: `epoch 12`, or `epoch 12, step 6,600` where steps were asked for.

    The last frame of a run that diverged says so: `epoch 12, diverged`.
    """
    epoch, *step = _numbers(name)
    diverged = f", {DIVERGED}" * name.endswith(DIVERGED)
    return f"epoch {epoch}" + "".join(f", step {number:,}" for number in step) + diverged


def frame_time(name: str, steps_per_epoch: int) -> float:
    """When a frame was drawn, in epochs since the start: 12 after epoch 12, 0.5 in the middle of the first one."""
    epoch, *step = _numbers(name)
    return step[0] / steps_per_epoch if step else epoch


def _numbers(name: str) -> list[int]:
    """Epoch and step, or epoch alone, from a frame's name."""
    return [int(part) for part in name.split("-") if part.isdigit()]
