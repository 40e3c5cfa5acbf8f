"""Checkpoints on disk, from which an interrupted training resumes."""

import hashlib
import json
import logging
import shutil
import time
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from dying_relu.io.atomic import atomic_write, file_digest

log = logging.getLogger(__name__)

VERSION = 1
MANIFEST, STATE = "checkpoint.json", "state.npz"
DISCARDED = "the checkpoint is discarded"  # how messages begin
Arrays = Mapping[str, NDArray]


class InvalidCheckpointError(ValueError):
    """The checkpoint is missing, damaged, or of another training; the message says which."""


class SupersededError(RuntimeError):
    """Another process has taken over this training."""


@dataclass(frozen=True)
class Progress:
    """How far a training has come: its last epoch, its state after it, and the seconds spent until then."""

    epoch: int
    arrays: Arrays
    spent: dict[str, float]


class Checkpoints:
    """The checkpoints of one run, in the folder `home`.

    A training writes part after part: each is a folder with the outputs of some epochs and the state after the last.
    The manifest `checkpoint.json` is then replaced. It names the checkpoint's files with their digests; a file that it
    does not name does not count, and one that it names is never written again.

    A process works in a subfolder whose name no other process knows, and takes over another's by renaming it. Should
    the other still run, such as the orphan of a killed parent, it finds its folder gone and ends.
    """

    def __init__(self, home: Path, identity: Mapping[str, Any], seconds: float) -> None:
        """`identity`: JSON values that must be equal for a checkpoint to be used.

        `seconds`: the age of the last checkpoint at which the next is due; 0 for one after each epoch.
        """
        self._home = home
        self._folder = home / uuid4().hex
        self._identity = json.loads(json.dumps(identity))
        self._seconds = seconds
        self._last = time.monotonic()
        self._files: dict[str, str] = {}
        self.parts: list[Path] = []  # of this training, in their order
        self.stopping = False

    def resume(self) -> Progress | None:
        """Return where to resume, or None to start from the beginning; to be called first. Removes what is unusable."""
        self._home.mkdir(parents=True, exist_ok=True)
        progress = None
        for left in sorted(self._home.iterdir()):  # More than one only if a process was killed right here.
            if progress is None:
                with suppress(FileNotFoundError):  # Another process was quicker.
                    left.rename(self._folder)
                    progress = self._read()
            else:
                shutil.rmtree(left, ignore_errors=True)
        self._folder.mkdir(exist_ok=True)
        return progress

    def part(self, first_epoch: int) -> Path:
        """Return a new, empty folder for the outputs from `first_epoch` on, until `save`. Raises SupersededError."""
        part = self._folder / f"{first_epoch:06d}"
        shutil.rmtree(part, ignore_errors=True)  # Unfinished, of an interrupted training.
        try:
            part.mkdir()
        except FileNotFoundError:
            raise SupersededError(f"{self._folder} is gone: another process goes on with this training") from None
        self.parts.append(part)
        return part

    def due(self) -> bool:
        """Return whether a checkpoint is due."""
        return self.stopping or time.monotonic() - self._last >= self._seconds

    def stop(self, *_signal: Any) -> None:
        """Ask for a checkpoint and an end after the current epoch; can handle signals."""
        self.stopping = True

    def save(self, epoch: int, arrays: Arrays, spent: Mapping[str, float]) -> None:
        """Make the parts and the state `arrays` after `epoch` the checkpoint. Raises SupersededError."""
        part = self.parts[-1]
        if not part.is_dir():
            raise SupersededError(f"{part} is gone: another process goes on with this training")
        np.savez(part / STATE, **arrays)
        outdated = [name for name in self._files if name.endswith(STATE)]
        files = {name: known for name, known in self._files.items() if name not in outdated}
        files |= {f"{part.name}/{file.name}": file_digest(file) for file in sorted(part.iterdir())}
        content = {"version": VERSION, "identity": self._identity, "epoch": epoch, "spent": dict(spent), "files": files}
        with atomic_write(self._folder / MANIFEST) as path:
            path.write_text(json.dumps(content | {"digest": _digest_of(content)}, indent=1) + "\n")
        self._files = files
        for name in outdated:
            (self._folder / name).unlink(missing_ok=True)
        self._last = time.monotonic()

    def remove(self) -> None:
        """Remove everything; to be called when the run's results are complete."""
        shutil.rmtree(self._folder, ignore_errors=True)
        with suppress(OSError):  # Not empty: another process works in it.
            self._home.rmdir()

    def _read(self) -> Progress | None:
        try:
            content = self._manifest()
            parts = [self._folder / name for name in sorted({name.partition("/")[0] for name in content["files"]})]
            arrays = _arrays(parts[-1] / STATE)
        except InvalidCheckpointError as reason:
            log.warning("%s; training starts from the beginning", reason)
            shutil.rmtree(self._folder, ignore_errors=True)
            return None
        self.parts, self._files = parts, content["files"]
        return Progress(content["epoch"], arrays, content["spent"])

    def _manifest(self) -> dict[str, Any]:
        """Return the manifest. Raises InvalidCheckpointError unless it and its files are whole and of this training."""
        try:
            content = json.loads((self._folder / MANIFEST).read_text())
            version, own_digest = content["version"], content.pop("digest")
        except FileNotFoundError:
            raise InvalidCheckpointError("an interrupted training has left no checkpoint") from None
        except (ValueError, TypeError, KeyError, AttributeError, OSError):
            raise InvalidCheckpointError(f"{DISCARDED}: {MANIFEST} is damaged") from None
        if version != VERSION:
            raise InvalidCheckpointError(f"{DISCARDED}: its format has version {version}, not {VERSION}")
        if own_digest != _digest_of(content):
            raise InvalidCheckpointError(f"{DISCARDED}: {MANIFEST} is damaged")
        if other := sorted(_differing(content["identity"], self._identity)):
            raise InvalidCheckpointError(f"{DISCARDED}: it was made with another {', another '.join(other)}")
        for name, expected in content["files"].items():
            try:
                found = file_digest(self._folder / name)
            except OSError:
                raise InvalidCheckpointError(f"{DISCARDED}: {name} is missing") from None
            if found != expected:
                raise InvalidCheckpointError(f"{DISCARDED}: {name} is damaged")
        return content


def _arrays(path: Path) -> dict[str, NDArray]:
    """Return the arrays of an .npz file, without unpickling objects. Raises InvalidCheckpointError."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return dict(arrays)
    except (ValueError, OSError, zipfile.BadZipFile):
        raise InvalidCheckpointError(f"{DISCARDED}: {path.name} holds something else than arrays") from None


def _differing(one: Any, other: Any, path: str = "") -> list[str]:
    """Return the keys in which two nested dictionaries differ, such as `run.epochs`."""
    if isinstance(one, dict) and isinstance(other, dict):
        return [
            found
            for key in one.keys() | other.keys()
            for found in _differing(one.get(key), other.get(key), f"{path}.{key}".removeprefix("."))
        ]
    return [] if one == other else [path]


def _digest_of(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
