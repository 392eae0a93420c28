"""The threads of the BLAS that numpy was built with."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache

import numpy as np

_NAMES = [
    *((f"{scipy}openblas_get_num_threads{wide}", f"{scipy}openblas_set_num_threads{wide}")
      for scipy in ("scipy_", "") for wide in ("64_", "", "_64")),
    ("MKL_Get_Max_Threads", "MKL_Set_Num_Threads"),
    ("bli_thread_get_num_threads", "bli_thread_set_num_threads"),
]  # fmt: skip
"""What libraries call their functions; numpy's wheels have the first."""


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Have the BLAS of numpy work on one thread, in the whole process.

    The number it had comes back when the last of those who asked for it, from whatever threads, is done. A library that
    cannot be asked stays as it is; the environment variables ``OMP_NUM_THREADS``, ``OPENBLAS_NUM_THREADS`` and
    ``MKL_NUM_THREADS`` are read by all, as a process starts.

    Examples
    --------
    >>> with one_blas_thread():
    ...     print(np.ones(3) @ np.ones(3))
    3.0
    """
    functions = _functions()
    if functions is None:
        yield
        return
    number, limit = functions
    with _lock:
        if not _before:
            _before.append(number())
        _before.append(1)
        limit(1)
    try:
        yield
    finally:
        with _lock:
            _before.pop()
            if len(_before) == 1:
                limit(_before.pop())


_before: list[int] = []
"""The number of threads before, and a 1 from each who asked for one."""
_lock = threading.Lock()


@cache
def _functions() -> tuple[Callable[[], int], Callable[[int], None]] | None:
    """What tells the number of threads and what sets it, found by name in numpy and in what it is linked with."""
    try:
        library = ctypes.CDLL(np._core._multiarray_umath.__file__)  # type: ignore[attr-defined]
    except (AttributeError, OSError, TypeError):
        return None
    for names in _NAMES:
        try:
            get, set_ = (getattr(library, name) for name in names)
        except AttributeError:
            continue
        get.restype, get.argtypes, set_.restype, set_.argtypes = ctypes.c_int, [], None, [ctypes.c_int]
        return get, set_
    return None
