"""What a training has reached, kept on disk, so that an interrupted one goes on from there."""

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
Arrays = Mapping[str, NDArray]


class InvalidCheckpointError(ValueError):
    """There is no checkpoint, or it is damaged, or belongs to something else; the message says which."""


class SupersededError(RuntimeError):
    """Another process goes on with this training."""


@dataclass(frozen=True)
class Progress:
    """How far a training had come: after which epoch, with which arrays, and the seconds spent on it until then."""

    epoch: int
    arrays: Arrays
    spent: dict[str, float]


class Checkpoints:
    """The checkpoints of one run, in a folder of their own.

    A training writes part after part, each a folder with what it has measured in some epochs and, at their end, its
    state. Then `checkpoint.json` is replaced, which names all files that belong to the checkpoint, with their digests:
    a file that it does not name does not count. Nothing that it names is written to any more.

    A process works in a subfolder with a name that no other process knows, and takes over what another has left by
    renaming it. Should the other still run, as the orphan of a killed parent may, it finds its folder gone and ends.
    """

    def __init__(self, home: Path, identity: Mapping[str, Any], seconds: float) -> None:
        """`identity`, plain values: what must be the same for a checkpoint to be used.

        `seconds`: a checkpoint is due when the last one is older; 0 for one after every epoch.
        """
        self._home = home
        self._folder = home / uuid4().hex
        self._identity = json.loads(json.dumps(identity))
        self._seconds = seconds
        self._last = time.monotonic()
        self._files: dict[str, str] = {}
        self.parts: list[Path] = []  # all of this training, in their order
        self.stopping = False

    def resume(self) -> Progress | None:
        """Where to go on, or None: from the beginning. To be called first. What cannot be used is removed."""
        self._home.mkdir(parents=True, exist_ok=True)
        reached = None
        for left in sorted(self._home.iterdir()):  # more than one only if a process was killed right here
            if reached is None:
                with suppress(FileNotFoundError):  # yet another process was quicker
                    left.rename(self._folder)
                    reached = self._read()
            else:
                shutil.rmtree(left, ignore_errors=True)
        self._folder.mkdir(exist_ok=True)
        return reached

    def part(self, first_epoch: int) -> Path:
        """A new, empty folder for what is measured from `first_epoch` on, until `save`."""
        part = self._folder / f"{first_epoch:06d}"
        shutil.rmtree(part, ignore_errors=True)  # of an interrupted training, unfinished
        try:
            part.mkdir()
        except FileNotFoundError:
            raise SupersededError(f"{self._folder} is gone: another process goes on with this training") from None
        self.parts.append(part)
        return part

    def due(self) -> bool:
        """Whether the time has come for a checkpoint."""
        return self.stopping or time.monotonic() - self._last >= self._seconds

    def stop(self, *_signal: Any) -> None:
        """Ask for a checkpoint after the current epoch, and for an end; serves as a handler of signals."""
        self.stopping = True

    def save(self, epoch: int, arrays: Arrays, spent: Mapping[str, float]) -> None:
        """Make what the parts hold, and the state after `epoch`, the checkpoint that counts."""
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
        """Remove everything. To be called when the run's results are complete."""
        shutil.rmtree(self._folder, ignore_errors=True)
        with suppress(OSError):  # not empty: another process is at it
            self._home.rmdir()

    def _read(self) -> Progress | None:
        try:
            content = self._checked()
            parts = [self._folder / name for name in sorted({name.partition("/")[0] for name in content["files"]})]
            arrays = _arrays(parts[-1] / STATE)
        except InvalidCheckpointError as reason:
            log.warning("%s; training starts from the beginning", reason)
            shutil.rmtree(self._folder, ignore_errors=True)
            return None
        self.parts, self._files = parts, content["files"]
        return Progress(content["epoch"], arrays, content["spent"])

    def _checked(self) -> dict[str, Any]:
        """What the manifest says. Raises UnusableError unless it and all files that it names are whole and ours."""
        try:
            content = json.loads((self._folder / MANIFEST).read_text())
            version, own_digest = content["version"], content.pop("digest")
        except FileNotFoundError:
            raise InvalidCheckpointError("an interrupted training has left no checkpoint") from None
        except (ValueError, TypeError, KeyError, AttributeError, OSError):
            raise InvalidCheckpointError(f"the checkpoint is discarded: {MANIFEST} is damaged") from None
        if version != VERSION:
            raise InvalidCheckpointError(
                f"the checkpoint is discarded: its format has version {version}, not {VERSION}"
            )
        if own_digest != _digest_of(content):
            raise InvalidCheckpointError(f"the checkpoint is discarded: {MANIFEST} is damaged")
        if other := sorted(_differing(content["identity"], self._identity)):
            raise InvalidCheckpointError(
                f"the checkpoint is discarded: it was made with another {', another '.join(other)}"
            )
        for name, expected in content["files"].items():
            try:
                found = file_digest(self._folder / name)
            except OSError:
                raise InvalidCheckpointError(f"the checkpoint is discarded: {name} is missing") from None
            if found != expected:
                raise InvalidCheckpointError(f"the checkpoint is discarded: {name} is damaged")
        return content


def _arrays(path: Path) -> dict[str, NDArray]:
    """The arrays of an .npz file; nothing in it is run. Raises UnusableError."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return dict(arrays)
    except (ValueError, OSError, zipfile.BadZipFile):
        raise InvalidCheckpointError(
            f"the checkpoint is discarded: {path.name} holds something else than arrays"
        ) from None


def _differing(one: Any, other: Any, path: str = "") -> list[str]:
    """Where two nested dictionaries differ, as `run.epochs`."""
    if isinstance(one, dict) and isinstance(other, dict):
        return [
            found
            for key in one.keys() | other.keys()
            for found in _differing(one.get(key), other.get(key), f"{path}.{key}".removeprefix("."))
        ]
    return [] if one == other else [path]


def _digest_of(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
