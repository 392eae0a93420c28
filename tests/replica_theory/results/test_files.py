"""Files written whole or not at all."""

import io
import os
import warnings
import zipfile

import numpy as np
import pytest

from replica_theory.results.files import read_npz, remove_leftovers, replace_file


def test_what_is_written_replaces_what_was_there(tmp_path):
    path = tmp_path / "result"
    for data in (b"first", b"second"):
        replace_file(path, data)
        assert path.read_bytes() == data and os.listdir(tmp_path) == ["result"]


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "target").write_bytes(b"old")
    (tmp_path / "link").symlink_to("target")
    replace_file(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink() and (tmp_path / "target").read_bytes() == b"new"


@pytest.mark.parametrize("failing", ["fsync", "replace"])
def test_an_interrupted_write_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, failing):
    path = tmp_path / "result"
    path.write_bytes(b"old")

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, failing, interrupted)
    with pytest.raises(KeyboardInterrupt):
        replace_file(path, b"new")
    monkeypatch.undo()
    assert path.read_bytes() == b"old" and os.listdir(tmp_path) == ["result"]


def test_leftovers_of_killed_processes_go_and_those_of_the_living_stay(tmp_path, monkeypatch):
    dead, other, mine = (tmp_path / f".{name}.tmp" for name in ("a[1].0123abcd", "b.0123abcd", "a[1].mine"))
    for path in (dead, other, mine):
        path.write_bytes(b"half")
    remove_leftovers(tmp_path, "a[1]")
    assert not dead.exists() and other.exists() and mine.exists()
    remove_leftovers(tmp_path)
    assert not other.exists() and mine.exists()
    fsync, seen = os.fsync, []

    def meanwhile(descriptor):
        seen.extend(tmp_path.glob(".result.*.tmp"))
        remove_leftovers(tmp_path)
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", meanwhile)
    replace_file(tmp_path / "result", b"whole")
    assert len(seen) == 1 and sorted(os.listdir(tmp_path)) == [mine.name, "result"]
    assert (tmp_path / "result").read_bytes() == b"whole"


def archive(**arrays):
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def zipped(members):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of duplicate names
        for name, content in members:
            file.writestr(name, content)
    return buffer.getvalue()


def npy(array, header=None):
    buffer = io.BytesIO()
    np.save(buffer, array)
    data = buffer.getvalue()
    return data if header is None else data.replace(*header)


def test_arrays_come_back():
    arrays = {
        "a": np.arange(3.0),
        "b": np.array("text"),
        "c": np.zeros((0, 2), np.int8),
        "d": np.asfortranarray([[1, 2]]),
    }
    sizes = []
    back = read_npz(archive(**arrays), sizes.append)
    assert all(np.array_equal(back[name], arrays[name]) for name in arrays) and back.keys() == arrays.keys()
    assert sizes[0] >= sum(array.nbytes for array in arrays.values())


FOREIGN = {
    "nothing": b"",
    "no zip": b"PK\x03\x04 and so on",
    "truncated": archive(a=np.arange(100.0))[:-50],
    "flipped": archive(a=np.arange(100.0)).replace(b"a.npy", b"b.npy", 1),
    "no arrays": zipped([("readme.txt", b"hello")]),
    "two of a name": zipped([("a.npy", npy(np.ones(2))), ("a.npy", npy(np.zeros(2)))]),
    "too short": zipped([("a.npy", npy(np.ones(100))[:-8])]),
    "too long": zipped([("a.npy", npy(np.ones(100)) + b"more")]),
    "eight terabytes": zipped([("a.npy", npy(np.ones(1), (b"(1,), }" + 12 * b" ", b"(1000000000000,), }")))]),
    "pickled": archive(a=np.array([{}, 1], dtype=object)),
}


@pytest.mark.parametrize("kind", FOREIGN)
def test_what_is_no_archive_of_arrays_is_refused_with_a_sentence(kind):
    what = "holds pickled objects, which are never loaded" if kind == "pickled" else "is damaged"
    with pytest.raises(ValueError, match=rf"the \.npz archive {what}"):
        read_npz(FOREIGN[kind])


def test_arrays_that_are_too_large_are_refused_before_they_are_read():
    def refuse(size):
        raise MemoryError(f"{size} bytes")

    with pytest.raises(MemoryError, match="bytes"):
        read_npz(archive(a=np.zeros(1000)), refuse)
