"""Memory is estimated before it is taken: jobs that cannot fit are refused early, naming what fits."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import numpy as np

from replica_theory.arguments import COUNT, checked_number

try:
    import resource
except ImportError:  # pragma: no cover (Windows)
    resource = None  # type: ignore[assignment]


def require_memory(need: float, what: str, instead: str, *, limit: float | None = None) -> None:
    """Refuse what does not fit.

    Parameters
    ----------
    need : float
        Bytes.
    what, instead : str
        What they are for, and what to do instead, for the message.
    limit : float, optional
        Bytes allowed; by default what the system and the limits of this process can still give.

    Raises
    ------
    TypeError, ValueError
        If `limit` is no non-negative number.
    MemoryError
        If `need` is more.
    """
    if limit is not None:
        checked_number("memory_limit", limit, COUNT)
    elif need <= _TRIFLE:
        return
    available = available_memory() if limit is None else limit
    if need > available:
        raise MemoryError(f"{what} take {need / 1e9:.3g} GB, but {available / 1e9:.3g} GB are available; {instead}")


def available_memory() -> float:
    """Bytes that can still be had, infinity where nothing says.

    The least of what the machine has, what the limits of the process leave (``ulimit -v``, ``ulimit -d``), and what
    those of its control groups leave (containers, batch systems; versions 1 and 2). Cached files do not count as used.
    """
    return max(0.0, min([*_of_the_machine(), *_of_the_process(), *_of_the_groups()], default=np.inf))


_TRIFLE = 1 << 24
"""Bytes that are not asked for: a process that lacks them has ended before it comes here."""
_ROOT = Path("/")
"""Where the files are in which Linux tells of memory."""
_V2 = ("memory.max", "memory.current", "inactive_file")
_V1 = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
"""Files with the limit and the usage of a group, and the entry of its ``memory.stat`` that can be given back."""


def _of_the_machine() -> Iterator[float]:
    for line in _lines(_ROOT / "proc/meminfo"):
        if line.startswith("MemAvailable:"):
            yield 1024.0 * int(line.split()[1])


def _of_the_process() -> Iterator[float]:
    if resource is None:
        return
    status = (line.partition(":") for line in _lines(_ROOT / "proc/self/status"))
    used = {name: 1024.0 * int(value.split()[0]) for name, _, value in status if name in ("VmSize", "VmData")}
    for kind, name in ((resource.RLIMIT_AS, "VmSize"), (resource.RLIMIT_DATA, "VmData")):
        limit = resource.getrlimit(kind)[0]
        if limit != resource.RLIM_INFINITY:
            yield limit - used.get(name, 0.0)


def _of_the_groups() -> Iterator[float]:
    """What the group of this process and those above it leave."""
    for line in _lines(_ROOT / "proc/self/cgroup"):
        hierarchy, controllers, group = line.split(":", 2)
        if hierarchy == "0" or "memory" in controllers.split(","):
            names = _V2 if hierarchy == "0" else _V1
            for folder in _folders(PurePosixPath(group), v2=hierarchy == "0"):
                yield from _of_a_group(folder, *names)


def _folders(group: PurePosixPath, *, v2: bool) -> Iterator[Path]:
    """The folders of a group and of those above it, where they are mounted (in a container: from the group on)."""
    for line in _lines(_ROOT / "proc/self/mountinfo"):
        before, _, after = line.partition(" - ")
        root, mount = (part.encode().decode("unicode_escape") for part in before.split()[3:5])
        kind, _, options = after.split(" ", 2)
        if (kind == "cgroup2") if v2 else (kind == "cgroup" and "memory" in options.strip().split(",")):
            below = group.relative_to(root) if group.is_relative_to(root) else PurePosixPath()
            top = _ROOT / mount.lstrip("/")
            yield from (top / part for part in (below, *below.parents))


def _of_a_group(folder: Path, limit: str, usage: str, given_back: str) -> Iterator[float]:
    try:
        most, used = (float((folder / name).read_text()) for name in (limit, usage))
    except (OSError, ValueError):  # no such file in the uppermost group; "max" is no limit
        return
    spare = [float(line.split()[1]) for line in _lines(folder / "memory.stat") if line.startswith(f"{given_back} ")]
    yield most - used + sum(spare)


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return []
