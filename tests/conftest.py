"""Helpers of the tests are found by name: slow readable referees, and workers of other processes."""

import signal
import sys
from pathlib import Path

import pytest
from hypothesis import settings

sys.path.insert(0, str(Path(__file__).parent / "helpers"))

settings.register_profile("audit", max_examples=500, deadline=None, print_blob=True)

# A shell that starts a job in the background has it, and whatever it starts, ignore Ctrl-C.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The README's commands first: long and of one piece, they would keep one process busy alone in the end."""
    items.sort(key=lambda item: item.path.name != "test_readme.py")
