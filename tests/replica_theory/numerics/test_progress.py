"""Long computations show that they go on, short ones show nothing."""

import logging
import sys

import pytest

import replica_theory.numerics.progress as module
from replica_theory.numerics.progress import alive, tick


@pytest.fixture
def clock(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    return now


def test_lines_of_the_log(clock, caplog):
    with caplog.at_level(logging.INFO, logger=module.__name__), alive("work"):
        tick("alpha = 0.5")
        for _ in range(20):
            clock[0] += 1
            tick()
        with alive("inside"):
            tick()
    assert [record.getMessage() for record in caplog.records] == [
        "work: 9 solutions in 9 s, alpha = 0.5", "work: 18 solutions in 18 s, alpha = 0.5",
    ]  # fmt: skip


def test_nothing_where_nothing_is_asked_for(clock, caplog):
    with caplog.at_level(logging.INFO, logger=module.__name__):
        tick()
        with alive("work", False):
            clock[0] += 100
            tick()
    assert not caplog.records


def test_bar_on_a_terminal(clock, monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with alive("work"):
        tick()
        assert not capsys.readouterr().err
        clock[0] += 6
        tick("alpha = 0.5")
        assert "work" in capsys.readouterr().err
