"""What ends work from outside ends it in one way."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import parent_process


@contextmanager
def terminable() -> Iterator[None]:
    """SIGTERM as Ctrl-C while the block runs: KeyboardInterrupt is raised in it.

    So it is in the main thread (elsewhere signals cannot be caught) of a process that does not handle SIGTERM itself.
    A worker process of `multiprocessing` is left alone: whoever made it ends it so, at once.

    Examples
    --------
    >>> import os, signal
    >>> try:
    ...     with terminable():
    ...         os.kill(os.getpid(), signal.SIGTERM)
    ... except KeyboardInterrupt:
    ...     print("interrupted")
    interrupted
    """
    here = threading.current_thread() is threading.main_thread() and parent_process() is None
    if not here or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
