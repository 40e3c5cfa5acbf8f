"""Files are whole or not there, and the same content gives the same bytes."""

import gzip
import time
from contextlib import closing
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from dying_relu.io.atomic import atomic_write
from dying_relu.io.folders import list_files, outdate_if_incomplete
from dying_relu.io.writers import CsvWriter, NpzWriter, concatenate_csv, concatenate_npz


def test_a_file_appears_when_it_is_whole(tmp_path):
    target = tmp_path / "new" / "a.txt"
    with atomic_write(target) as path:
        path.write_text("done")
        assert not target.exists()
    assert target.read_text() == "done"
    assert list(target.parent.iterdir()) == [target]


@pytest.mark.parametrize("make", [lambda path: path.write_text("half"), lambda path: path.mkdir()])
def test_a_failure_leaves_nothing_new_and_keeps_the_old(tmp_path, make):
    target = tmp_path / "a.txt"
    target.write_text("old")

    def fail_half_way():
        with atomic_write(target) as path:
            make(path)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_half_way()
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_folder_replaces_a_folder(tmp_path):
    for content in ("old", "new"):
        with atomic_write(tmp_path / "folder") as path:
            path.mkdir()
            (path / content).touch()
    assert [file.name for file in (tmp_path / "folder").iterdir()] == ["new"]


@pytest.mark.parametrize("missing", ["a.txt", "below/b.txt", ".files", None])
def test_a_folder_that_lacks_a_file_becomes_older_than_anything(tmp_path, missing):
    (tmp_path / "below").mkdir()
    for name in ("a.txt", "below/b.txt"):
        (tmp_path / name).touch()
    list_files(tmp_path)
    (tmp_path / ".snakemake_timestamp").touch()
    if missing:
        (tmp_path / missing).unlink()
    outdate_if_incomplete(tmp_path)
    assert ((tmp_path / ".snakemake_timestamp").stat().st_mtime < 10) is bool(missing)


def test_an_orphan_can_neither_leave_rubbish_nor_replace_what_is_newer(tmp_path):
    target, other = tmp_path / "folder", tmp_path / "other-folder"
    with atomic_write(other) as unrelated:
        unrelated.mkdir()
        orphan = atomic_write(target)
        (orphan.__enter__() / "half").mkdir(parents=True)
        with atomic_write(target) as path:
            path.mkdir()
            (path / "new").touch()
            assert {file.name for file in tmp_path.iterdir()} == {path.name, unrelated.name}
        with pytest.raises(FileNotFoundError):
            orphan.__exit__(None, None, None)
    assert [file.name for file in target.iterdir()] == ["new"]
    assert set(tmp_path.iterdir()) == {target, other}


@pytest.mark.parametrize("name", ["t.csv", "t.csv.gz"])
def test_a_table_grows_block_by_block_and_part_by_part(tmp_path, name):
    parts = [tmp_path / "one.csv", tmp_path / "two.csv"]
    for part, epochs in zip(parts, [(1, 2), (3,)], strict=True):
        with closing(CsvWriter(part)) as table:
            for epoch in epochs:
                table.append(pd.DataFrame({"epoch": [epoch], "loss": [np.float32(0.1)]}))
    concatenate_csv(parts, tmp_path / name)
    content = (tmp_path / name).read_bytes()
    text = gzip.decompress(content) if name.endswith("gz") else content
    assert text == b"epoch,loss\n1,0.100000001\n2,0.100000001\n3,0.100000001\n"


def test_neither_time_nor_name_nor_parts_are_in_the_bytes(tmp_path, monkeypatch):
    table = pd.DataFrame({"a": np.random.default_rng(1).random(50000)})
    written = []
    for name, cuts in {"one": [0, 50000], "two": [0, 1, 777, 30000, 50000]}.items():
        monkeypatch.setattr(time, "time", lambda name=name: 1e9 + len(name) + len(written) * 1e6)
        tables, archives = [], []
        for first, last in pairwise(cuts):
            tables.append(tmp_path / f"{name}-{first}.csv")
            archives.append(tmp_path / f"{name}-{first}.npz")
            with closing(CsvWriter(tables[-1])) as part, closing(NpzWriter(archives[-1], compressed=False)) as arrays:
                part.append(table[first:last])
                for row in range(-(-first // 5000) * 5000, last, 5000):
                    arrays.append(f"x{row}", np.arange(row))
        concatenate_csv(tables, tmp_path / f"{name}.csv.gz")
        concatenate_npz(archives, tmp_path / name)
        written.append([(tmp_path / f"{name}.csv.gz").read_bytes(), (tmp_path / name).read_bytes()])
    assert written[0] == written[1]
    assert len(written[0][0]) > 1 << 17
