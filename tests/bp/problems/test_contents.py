"""Files are read as far as there is memory."""

import gzip
import os
import re
import threading

import pytest

import bp
from bp.problems import contents as module
from bp.problems.contents import contents, unzipped


@pytest.fixture
def scarce(monkeypatch):
    """A hundred megabytes."""
    monkeypatch.setattr("bp.problems.contents.available_memory", lambda: 1e8)
    monkeypatch.setattr("bp.memory.available_memory", lambda: 1e8)


def test_contents_of_a_file_and_of_a_stream(tmp_path):
    path = tmp_path / "patterns.txt"
    path.write_bytes(b"1 -1\n")
    assert contents(path) == b"1 -1\n"
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=(tmp_path / "pipe").write_bytes, args=(b"1 -1 1\n" * 1000,))
    writer.start()
    assert contents(tmp_path / "pipe") == b"1 -1 1\n" * 1000
    writer.join()


def test_gzipped_members_come_one_after_the_other():
    assert unzipped(gzip.compress(b"1 -1\n") + gzip.compress(b"-1 1\n")) == b"1 -1\n-1 1\n"


def test_a_small_gzip_of_a_huge_text_is_refused(scarce, tmp_path):
    path = tmp_path / "patterns.txt.gz"
    path.write_bytes(gzip.compress(b"1 -1 " * 10_000_000))
    assert path.stat().st_size < 100_000
    words = r"the patterns in the gzipped text \(more than 17 MB\) take 0\.201 GB, but 0\.1 GB .*; write .* as \.npz"
    with pytest.raises(MemoryError, match=words):
        bp.read_instance(path)


def test_a_huge_file_is_refused_before_it_is_read(scarce, tmp_path, monkeypatch):
    path = tmp_path / "patterns.txt"
    with open(path, "wb") as file:
        file.truncate(10**10)  # takes no place on the disk
    with pytest.raises(MemoryError, match=rf"^the patterns in {re.escape(str(path))} take 120 GB"):
        bp.read_instance(path)


@pytest.mark.skipif(not os.path.exists("/dev/zero"), reason="no endless device")
def test_an_endless_stream_ends(scarce):
    with pytest.raises(MemoryError, match=r"the patterns in /dev/zero .* take"):
        contents("/dev/zero")


def test_the_estimate_bounds_what_reading_takes(tmp_path):
    """Most of it goes into the places of the entries, eight bytes each."""
    import tracemalloc

    path = tmp_path / "patterns.txt"
    path.write_bytes((b"1 " * 1000 + b"\n") * 800)
    tracemalloc.start()
    try:
        bp.read_instance(path)
        assert tracemalloc.get_traced_memory()[1] < module._PARSING * path.stat().st_size
    finally:
        tracemalloc.stop()
