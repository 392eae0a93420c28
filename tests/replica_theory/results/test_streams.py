"""What is no regular file is written to, or refused; never replaced."""

import os
import socket
import stat
import subprocess
import sys
import threading

import pytest

from replica_theory.results.files import replace_file
from replica_theory.results.streams import is_stream, write_stream

needs_fifo = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs on this system")


@needs_fifo
@pytest.mark.parametrize("linked", [False, True])
def test_a_fifo_and_links_to_it(tmp_path, linked):
    fifo, link = tmp_path / "fifo", tmp_path / "link"
    os.mkfifo(fifo)
    link.symlink_to(fifo)
    path, data, got = link if linked else fifo, bytes(range(256)) * 1000, []  # more than a pipe holds
    assert is_stream(path)
    reader = threading.Thread(target=lambda: got.append(fifo.read_bytes()))
    reader.start()
    replace_file(path, data)
    reader.join()
    assert got == [data]
    assert stat.S_ISFIFO(fifo.stat().st_mode) and sorted(os.listdir(tmp_path)) == ["fifo", "link"]


def test_a_device_stays_a_device(tmp_path):
    link = tmp_path / "link"
    link.symlink_to("/dev/null")
    for path in (link, "/dev/null"):
        replace_file(path, b"gone")
        assert stat.S_ISCHR(os.stat(path).st_mode)
    assert link.is_symlink() and os.listdir(tmp_path) == ["link"]


def test_files_and_links_to_them_are_replaced(tmp_path):
    link = tmp_path / "link"
    link.symlink_to("file")
    assert not is_stream(link) and not is_stream(tmp_path / "new")
    replace_file(link, b"first")  # a link to what is not there yet
    replace_file(link, b"second")
    assert (tmp_path / "file").read_bytes() == b"second" and link.is_symlink()
    (tmp_path / "1").write_bytes(b"")
    assert not is_stream(tmp_path / "1")  # the name of a descriptor elsewhere


def test_folders_sockets_and_what_may_not_be_written_are_refused(tmp_path, monkeypatch):
    with pytest.raises(IsADirectoryError, match="is a folder, not a file"):
        is_stream(tmp_path)
    path = tmp_path / "socket"
    with socket.socket(socket.AF_UNIX) as server:
        monkeypatch.chdir(tmp_path)  # names of sockets are short
        server.bind("socket")
        with pytest.raises(OSError, match="is a socket, not a file"):
            replace_file(path, b"")
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(PermissionError):
        is_stream("/dev/null")


SCRIPT = """
import sys
from replica_theory.results.files import replace_file
print("before")
for path in sys.argv[1:]:
    replace_file(path, b"data\\n")
print("after")
"""


@pytest.mark.skipif(not os.path.exists("/proc/self/fd"), reason="descriptors have no names on this system")
@pytest.mark.parametrize("to_file", [False, True])
def test_the_output_of_this_process_by_its_names(tmp_path, to_file):
    """In a pipe, and in a file that the shell has opened: nothing printed before or after is lost."""
    link = tmp_path / "link"
    link.symlink_to("/dev/stdout")
    command = [sys.executable, "-c", SCRIPT, "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", link]
    with open(tmp_path / "out", "wb") as file:
        done = subprocess.run(command, stdout=file if to_file else subprocess.PIPE, check=True)
    out = (tmp_path / "out").read_bytes() if to_file else done.stdout
    assert out == b"before\n" + 4 * b"data\n" + b"after\n"


def test_a_descriptor_that_is_not_open_is_refused():
    if os.path.exists("/proc/self/fd"):
        with pytest.raises(OSError):
            is_stream("/proc/self/fd/987654")
        with pytest.raises(OSError):
            write_stream("/dev/fd/987654", b"")
