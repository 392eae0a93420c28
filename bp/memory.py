"""Memory is estimated before it is taken: jobs that cannot fit are refused early, naming what fits."""

from __future__ import annotations

import numpy as np

from replica_theory.arguments import COUNT, checked_number


def require_memory(need: float, what: str, instead: str, *, limit: float | None = None) -> None:
    """Refuse what does not fit.

    Parameters
    ----------
    need : float
        Bytes.
    what, instead : str
        What they are for, and what to do instead, for the message.
    limit : float, optional
        Bytes allowed; by default what the system can still give.

    Raises
    ------
    TypeError, ValueError
        If `limit` is no non-negative number.
    MemoryError
        If `need` is more.
    """
    if limit is not None:
        checked_number("memory_limit", limit, COUNT)
    available = available_memory() if limit is None else limit
    if need > available:
        raise MemoryError(f"{what} take {need / 1e9:.3g} GB, but {available / 1e9:.3g} GB are available; {instead}")


def available_memory() -> float:
    """Bytes the system can still give, infinity where it does not say."""
    try:
        with open("/proc/meminfo", encoding="ascii") as lines:
            return next(1024.0 * int(line.split()[1]) for line in lines if line.startswith("MemAvailable:"))
    except (OSError, StopIteration):
        return np.inf
