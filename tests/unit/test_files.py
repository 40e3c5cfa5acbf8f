"""Files are whole or not there, and the same content gives the same bytes."""

import gzip
import time
from contextlib import closing

import numpy as np
import pandas as pd
import pytest

from dying_relu.files import whole
from dying_relu.writers import ArrayArchive, Table


def test_a_file_appears_when_it_is_whole(tmp_path):
    target = tmp_path / "new" / "a.txt"
    with whole(target) as path:
        path.write_text("done")
        assert not target.exists()
    assert target.read_text() == "done"
    assert list(target.parent.iterdir()) == [target]


@pytest.mark.parametrize("make", [lambda path: path.write_text("half"), lambda path: path.mkdir()])
def test_a_failure_leaves_nothing_new_and_keeps_the_old(tmp_path, make):
    target = tmp_path / "a.txt"
    target.write_text("old")

    def fail_half_way():
        with whole(target) as path:
            make(path)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_half_way()
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_folder_replaces_a_folder(tmp_path):
    for content in ("old", "new"):
        with whole(tmp_path / "folder") as path:
            path.mkdir()
            (path / content).touch()
    assert [file.name for file in (tmp_path / "folder").iterdir()] == ["new"]


def test_an_orphan_can_neither_leave_rubbish_nor_replace_what_is_newer(tmp_path):
    target, other = tmp_path / "folder", tmp_path / "other-folder"
    with whole(other) as unrelated:
        unrelated.mkdir()
        orphan = whole(target)
        (orphan.__enter__() / "half").mkdir(parents=True)
        with whole(target) as path:
            path.mkdir()
            (path / "new").touch()
            assert {file.name for file in tmp_path.iterdir()} == {path.name, unrelated.name}
        with pytest.raises(FileNotFoundError):
            orphan.__exit__(None, None, None)
    assert [file.name for file in target.iterdir()] == ["new"]
    assert set(tmp_path.iterdir()) == {target, other}


@pytest.mark.parametrize("name", ["t.csv", "t.csv.gz"])
def test_a_table_grows_block_by_block(tmp_path, name):
    with closing(Table(tmp_path / name)) as table:
        for epoch in (1, 2):
            table.append(pd.DataFrame({"epoch": [epoch], "loss": [np.float32(0.1)]}))
    content = (tmp_path / name).read_bytes()
    text = gzip.decompress(content) if name.endswith("gz") else content
    assert text == b"epoch,loss\n1,0.100000001\n2,0.100000001\n"


def test_neither_time_nor_name_is_in_the_bytes(tmp_path, monkeypatch):
    written = []
    for name in ("one", "two"):
        monkeypatch.setattr(time, "time", lambda name=name: 1e9 + len(name) + len(written) * 1e6)
        with closing(Table(tmp_path / f"{name}.csv.gz")) as table, closing(ArrayArchive(tmp_path / name)) as arrays:
            table.append(pd.DataFrame({"a": range(5)}))
            arrays.append("x", np.arange(5))
        written.append([(tmp_path / f"{name}.csv.gz").read_bytes(), (tmp_path / name).read_bytes()])
    assert written[0] == written[1]


def test_numpy_reads_the_archive(tmp_path):
    with closing(ArrayArchive(tmp_path / "a.npz")) as arrays:
        arrays.append("first", np.arange(6, dtype=np.uint8).reshape(2, 3))
        arrays.append("second", np.zeros(1))
    with np.load(tmp_path / "a.npz") as read:
        assert read.files == ["first", "second"]
        assert read["first"].tolist() == [[0, 1, 2], [3, 4, 5]]
