"""An interrupted training resumes from its last checkpoint, and ends with the bytes of an undisturbed one.

tests/e2e/test_interrupted.py has orphans, and trainings that are asked to end.
"""

import json
import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from dying_relu.engines.numba_engine import NumbaEngine
from dying_relu.engines.torch_engine import TorchEngine
from dying_relu.io.atomic import file_digest
from dying_relu.measurements.frame_schedule import FrameSchedule
from dying_relu.training import checkpoints as module
from dying_relu.training.checkpoints import Checkpoints
from dying_relu.training.train import Outputs, TrainingOptions, train
from helpers import make_run

RUN = {"train_images": 300, "hidden": [16], "batch_size": 40}
EPOCHS = 7


class KilledError(Exception):
    """Stands for the end of a process."""


def outputs_in(folder: Path) -> Outputs:
    folder.mkdir(exist_ok=True)
    return Outputs.within(folder)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@dataclass(frozen=True)
class Killed(FrameSchedule):
    """A schedule in whose epoch `last` the process ends, after the first segment."""

    last: int = 0

    def segments(self, run, epoch):
        for segment in super().segments(run, epoch):
            yield segment
            if epoch == self.last:
                raise KilledError


def checkpoints_in(home: Path, seconds: float = 0) -> Checkpoints:
    return Checkpoints(home, {"run": {"epochs": EPOCHS}, "code": "1"}, seconds)


VARIANTS = [
    (TorchEngine, {}, "gradient", FrameSchedule()),
    (TorchEngine, {"hidden": [16, 12], "batch_norm": False}, "update", FrameSchedule(2, "epoch")),
    (TorchEngine, {"optimizer": "sgd", "momentum": 0.9, "learning_rate": 0.1}, "gradient", FrameSchedule(3, "step")),
    (NumbaEngine, {}, "update", FrameSchedule(3, "step")),
    (NumbaEngine, {"batch_norm": False}, "gradient", FrameSchedule(5, "step")),
    (NumbaEngine, {"hidden": [16, 12], "input_scaling": "standardized"}, "update", FrameSchedule(2, "epoch")),
]


@pytest.mark.parametrize(("engine", "parameters", "dw", "schedule"), VARIANTS)
def test_the_bytes_are_those_of_an_undisturbed_training(
    images, tmp_path, monkeypatch, caplog, engine, parameters, dw, schedule
):
    run = make_run(epochs=EPOCHS, **RUN | parameters)
    whole, resumed = tmp_path / "whole", tmp_path / "resumed"
    options = TrainingOptions(dw, schedule)
    last_states = []
    save = Checkpoints.save

    def watched(self, epoch, arrays, spent):
        last_states.append({name: array.copy() for name, array in arrays.items()} | {"epoch": np.array(epoch)})
        save(self, epoch, arrays, spent)

    monkeypatch.setattr(Checkpoints, "save", watched)
    train(run, engine(run, images), outputs_in(whole), checkpoints_in(tmp_path / "one", seconds=3600), options)
    expected = last_states[-1]

    home = tmp_path / "two"
    for epoch in (1, 3, 4, 7):
        killed = TrainingOptions(dw, Killed(schedule.every, schedule.unit, epoch))
        with pytest.raises(KilledError):
            train(run, engine(run, images), outputs_in(resumed), checkpoints_in(home), killed)
        assert contents(resumed) == {}
    with caplog.at_level(logging.INFO):
        train(run, engine(run, images), outputs_in(resumed), last := checkpoints_in(home), options)
    went_on = [text for text in caplog.messages if "going on" in text]
    assert went_on == ["going on from the checkpoint after epoch 6"]
    assert contents(resumed) == contents(whole)
    assert last_states[-1].keys() == expected.keys()
    assert all(last_states[-1][name].tobytes() == array.tobytes() for name, array in expected.items())
    last.remove()
    assert not home.exists()


@pytest.fixture(scope="module")
def whole(images, tmp_path_factory) -> dict[str, bytes]:
    """The files of an undisturbed training."""
    folder = tmp_path_factory.mktemp("whole")
    train(*arguments(images, folder / "x"), checkpoints_in(folder / "checkpoint"))
    return contents(folder / "x")


@pytest.fixture
def interrupted(images, tmp_path) -> Path:
    """The checkpoints of a training that was interrupted in its fourth epoch."""
    home = tmp_path / "checkpoint"
    killed = TrainingOptions(schedule=Killed(last=4))
    with pytest.raises(KilledError):
        train(*arguments(images, tmp_path / "x"), checkpoints_in(home), killed)
    return home


def arguments(images, folder: Path) -> tuple:
    run = make_run(epochs=EPOCHS, **RUN)
    return run, NumbaEngine(run, images), outputs_in(folder)


def edit_manifest(home: Path, **values) -> None:
    """Change what the manifest says, and make its digest that of what it says."""
    (path,) = home.glob("*/checkpoint.json")
    content = json.loads(path.read_text()) | values
    del content["digest"]
    path.write_text(json.dumps(content | {"digest": module._digest_of(content)}))


def change(name: str, edit):
    """Return a function that edits the first file of that name in a folder of checkpoints."""

    def damage(home: Path) -> None:
        path = sorted(home.glob(f"*/{name}"))[0]
        path.write_bytes(edit(path.read_bytes()))

    return damage


def delete(name: str):
    return lambda home: sorted(home.glob(f"*/{name}"))[0].unlink()


DAMAGE = {
    "a bit": (
        change("*/state.npz", lambda content: content[:5000] + bytes([content[5000] ^ 1]) + content[5001:]),
        "000003/state.npz is damaged",
    ),
    "missing": (delete("*/units.csv"), "000001/units.csv is missing"),
    "half a manifest": (change("checkpoint.json", lambda _: b'{"version": 1, '), "checkpoint.json is damaged"),
    "other epoch": (
        change("checkpoint.json", lambda content: content.replace(b'"epoch": 3', b'"epoch": 2')),
        "checkpoint.json is damaged",
    ),
    "version": (lambda home: edit_manifest(home, version=2), "its format has version 2, not 1"),
    "parameters": (
        lambda home: edit_manifest(home, identity={"run": {"epochs": 8}, "code": "2"}),
        "it was made with another code, another run.epochs",
    ),
    "nothing whole": (delete("checkpoint.json"), "an interrupted training has left no checkpoint"),
}


@pytest.mark.parametrize(("damage", "message"), DAMAGE.values(), ids=DAMAGE)
def test_what_does_not_fit_is_discarded_with_a_message(images, interrupted, whole, tmp_path, caplog, damage, message):
    damage(interrupted)
    with caplog.at_level(logging.INFO):
        train(*arguments(images, tmp_path / "again"), checkpoints_in(interrupted))
    (warning,) = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert message in warning
    assert warning.endswith("training starts from the beginning")
    assert "going on" not in caplog.text
    assert contents(tmp_path / "again") == whole


def test_no_code_is_unpickled(interrupted, caplog):
    """Even with the right digest, an array of objects is refused."""
    state = max(interrupted.glob("*/*/state.npz"))
    with np.load(state) as arrays:
        content = dict(arrays)
    np.savez(state, **content | {"steps": np.array([print], dtype=object)})
    (manifest,) = interrupted.glob("*/checkpoint.json")
    files = json.loads(manifest.read_text())["files"]
    edit_manifest(interrupted, files=files | {f"{state.parent.name}/state.npz": file_digest(state)})
    assert checkpoints_in(interrupted).resume() is None
    assert "state.npz holds something else than arrays" in caplog.text
