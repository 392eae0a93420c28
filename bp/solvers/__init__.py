"""Solvers: algorithms that look for weights satisfying every pattern. One file an algorithm."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from bp.instance import Instance, Rng
from bp.solvers.focusing import focusing_bp
from bp.solvers.reinforced import reinforced_bp
from bp.solvers.solution import Solution, SolverStatus

__all__ = ["Solution", "SolverStatus", "solve", "solvers"]

_SOLVERS: Mapping[str, Callable[..., Solution]] = MappingProxyType(
    {
        "focusing-bp": focusing_bp,
        "reinforced-bp": reinforced_bp,
    }
)


def solvers() -> list[str]:
    """Names of the solvers that `solve` knows.

    Examples
    --------
    >>> "focusing-bp" in solvers()
    True
    """
    return sorted(_SOLVERS)


def solve(instance: Instance, method: str = "focusing-bp", *, rng: Rng = None, **options: Any) -> Solution:
    """Look for a solution of an instance.

    Parameters
    ----------
    instance : Instance
        The patterns to satisfy.
    method : str
        Name of the solver, one of `solvers()`.
    rng : int, SeedSequence, Generator or None
        Source of randomness; the same seed gives the same result.
    **options
        Passed to the solver, e.g. those of `bp.solvers.focusing.focusing_bp`.

    Returns
    -------
    Solution
        Solved or not: see `Solution.solved` and `Solution.status`.

    Raises
    ------
    TypeError
        If `instance` is not an `Instance`, or the solver does not know an option.
    ValueError
        If `method` is unknown or an option has a value that is not allowed.

    Examples
    --------
    >>> import bp, replica_theory as rt
    >>> inst = bp.random_instance(rt.BinaryPerceptron(), n=201, alpha=0.5, rng=1)
    >>> found = bp.solve(inst, "focusing-bp", rng=1)
    >>> found.solved, inst.errors(found.weights)
    (True, 0)
    """
    if method not in _SOLVERS:
        raise ValueError(f"method must be one of {', '.join(map(repr, solvers()))}; got {method!r}")
    if not isinstance(instance, Instance):
        raise TypeError(f"instance must be a bp.Instance; got {type(instance).__name__}")
    return _SOLVERS[method](instance, rng=rng, **options)
