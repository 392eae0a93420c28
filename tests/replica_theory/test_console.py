"""Output comes out whatever the encoding; log lines where there is no bar."""

import io
import logging
import sys

import pytest

from replica_theory.console import console


def printed(monkeypatch, encoding, text, errors="strict"):
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors=errors)
    monkeypatch.setattr(sys, "stdout", stream)
    with console():
        print(text, end="")
    assert stream.errors == errors
    return stream.buffer.getvalue()


@pytest.mark.parametrize(
    ("encoding", "text", "bytes_"),
    [
        ("utf-8", "N = ∞ ↔ ±1", "N = ∞ ↔ ±1".encode()),
        ("ascii", "N = ∞ ↔ ±1, z², 漢", b"N = inf <-> +-1, z^2, \\u6f22"),
        ("cp1252", "N = ∞ ↔ ±1", b"N = inf <-> \xb11"),
        ("utf-8", "name \udcff", b"name \xff"),  # of a file, not in UTF-8
    ],
)
def test_what_cannot_be_encoded_is_spelled_out(monkeypatch, encoding, text, bytes_):
    assert printed(monkeypatch, encoding, text) == bytes_


def test_any_stream_will_do(monkeypatch):
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stdout", stream)
    with console():
        print("∞", end="")
    assert stream.getvalue() == "∞"


def test_log_lines_off_a_terminal(monkeypatch):
    stream, logger = io.StringIO(), logging.getLogger("bp.somewhere")
    monkeypatch.setattr(sys, "stderr", stream)
    with console():
        logger.info("half of it")
        monkeypatch.setattr(stream, "isatty", lambda: True, raising=False)
        with console():
            pass
    logger.info("nobody listens")
    assert stream.getvalue().endswith(" half of it\n") and stream.getvalue().count("\n") == 1
    assert not logging.getLogger("bp").handlers
