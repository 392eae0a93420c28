"""Memory is asked for before it is taken."""

import io

import pytest

from bp import memory


def test_what_fits_passes_and_what_does_not_is_refused_by_a_sentence():
    memory.require_memory(1e9, "messages", "take fewer", limit=1e9)
    with pytest.raises(MemoryError, match=r"^messages take 2\.5 GB, but 1 GB are available; take fewer$"):
        memory.require_memory(2.5e9, "messages", "take fewer", limit=1e9)


def test_the_limit_is_what_the_system_can_give(monkeypatch):
    monkeypatch.setattr(memory, "available_memory", lambda: 3e9)
    memory.require_memory(2.9e9, "messages", "take fewer")
    with pytest.raises(MemoryError, match="3 GB are available"):
        memory.require_memory(3.1e9, "messages", "take fewer")


def test_available_memory_is_read_from_the_system_and_unlimited_where_it_does_not_say(monkeypatch):
    lines = "MemTotal:       16000 kB\nMemAvailable:    8000 kB\n"
    monkeypatch.setattr("builtins.open", lambda *args, **options: io.StringIO(lines))
    assert memory.available_memory() == 8000 * 1024
    monkeypatch.setattr("builtins.open", lambda *args, **options: io.StringIO("MemTotal: 1 kB\n"))
    assert memory.available_memory() == float("inf")

    def missing(*args, **options):
        raise FileNotFoundError

    monkeypatch.setattr("builtins.open", missing)
    assert memory.available_memory() == float("inf")
