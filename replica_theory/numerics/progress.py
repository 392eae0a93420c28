"""Signs of life of long computations: a bar on a terminal, elsewhere a line of the log now and then."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

logger = logging.getLogger(__name__)

_DELAY = 5.0
"""Seconds before a bar is shown."""
_QUIET = 8.0
"""Seconds between two lines of the log."""
_BETWEEN = 0.2
"""Seconds between two looks of the bar."""


class _Sign:
    """What shows that a computation goes on."""

    def __init__(self, name: str) -> None:
        self._name, self._began, self._note, self._steps = name, time.monotonic(), "", 0
        self._last, self._terminal = self._began, sys.stderr is not None and sys.stderr.isatty()
        self._bar: Any = None

    def step(self, note: str) -> None:
        """One more solution of a branch, or (with a note) another stage of the computation."""
        self._steps += not note
        self._note = note or self._note
        now = time.monotonic()
        if not self._terminal:
            if now - self._last > _QUIET:
                self._last = now
                logger.info("%s: %d solutions in %.0f s%s", self._name, self._steps, now - self._began,
                            f", {self._note}" if self._note else "")  # fmt: skip
            return
        if now - self._began < _DELAY or now - self._last < _BETWEEN:
            return
        self._last = now
        if self._bar is None:
            from tqdm import tqdm  # imported where it is needed: most computations end before

            self._bar = tqdm(desc=self._name, unit=" solutions", leave=False)
        self._bar.set_postfix_str(self._note, refresh=False)
        self._bar.update(self._steps - self._bar.n)

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.close()


_current: ContextVar[_Sign | None] = ContextVar("progress", default=None)


@contextmanager
def alive(name: str, shown: bool = True) -> Iterator[None]:
    """Show, while this lasts, that the computation goes on: what calls `tick` inside is counted.

    Parameters
    ----------
    name : str
        What is computed. Inside another computation that shows itself nothing is added.
    shown : bool
        Whether to show anything.
    """
    if _current.get() is not None or not shown:
        yield
        return
    sign = _Sign(name)
    token = _current.set(sign)
    try:
        yield
    finally:
        _current.reset(token)
        sign.close()


def tick(note: str = "") -> None:
    """Say that the computation goes on, with a note where another stage of it begins."""
    sign = _current.get()
    if sign is not None:
        sign.step(note)
