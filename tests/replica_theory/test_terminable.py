"""SIGTERM ends a block as Ctrl-C does, and is left as it was."""

import os
import signal
import threading

import pytest

from replica_theory import terminable as module
from replica_theory.terminable import terminable


def test_sigterm_is_ctrl_c():
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt), terminable(), terminable():
        os.kill(os.getpid(), signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) is before


def test_whoever_handles_it_already_goes_on_doing_so():
    caught = []
    before = signal.signal(signal.SIGTERM, lambda *_: caught.append(1))
    try:
        with terminable():
            os.kill(os.getpid(), signal.SIGTERM)
        assert caught == [1]
    finally:
        signal.signal(signal.SIGTERM, before)


def test_other_threads_and_worker_processes_are_left_alone(monkeypatch):
    found = []

    def look():
        with terminable():
            found.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    monkeypatch.setattr(module, "parent_process", lambda: "a parent")
    look()
    assert found == [signal.SIG_DFL] * 2
