"""Solvers: algorithms that look for weights satisfying every pattern. One file an algorithm."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from bp.algorithms import focusing, reinforced
from bp.algorithms.focusing import focusing_bp
from bp.algorithms.reinforced import reinforced_bp
from bp.algorithms.runs import Run, together
from bp.algorithms.solution import Solution, SolverStatus
from bp.problems.perceptron import Instance
from bp.randomness import Rng

__all__ = ["Solution", "SolverStatus", "solve", "solve_batch", "solvers"]

_SOLVERS: Mapping[str, Callable[..., Solution]] = MappingProxyType(
    {
        "focusing-bp": focusing_bp,
        "reinforced-bp": reinforced_bp,
    }
)
_RUNS: Mapping[str, Callable[..., Run]] = MappingProxyType(
    {
        "focusing-bp": focusing.begin,
        "reinforced-bp": reinforced.begin,
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
        Passed to the solver, e.g. those of `bp.algorithms.focusing.focusing_bp`.

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
    _check(method, instance)
    return _SOLVERS[method](instance, rng=rng, **options)


def solve_batch(
    instance: Instance | Sequence[Instance], method: str = "focusing-bp", *, rngs: Sequence[Rng], **options: Any
) -> list[Solution]:
    """Look for solutions from many seeds, or of many instances, step by step side by side.

    Runs on one instance share every pass over its patterns, and end one by one.

    Parameters
    ----------
    instance : Instance, or sequence of them
        One for all runs, or one for each.
    method : str
        Name of the solver, one of `solvers()`.
    rngs : sequence of int, SeedSequence, Generator or None
        Sources of randomness, one for each run.
    **options
        Passed to the solver, except a checkpoint, which is for one run.

    Returns
    -------
    list of Solution
        That of each run, equal to ``solve(instance, method, rng=rngs[k], **options)``: bit for bit for ±1 patterns on
        the host, up to what rounding makes of a run otherwise.

    Raises
    ------
    TypeError, ValueError
        As `solve`, and if there is not one instance for each run.

    Notes
    -----
    It pays for small instances, where a step is mostly calls: on one core an iteration of each of 16 runs takes 1.5
    times less than alone at N = 301, 1.4 times at N = 1001, 1.1 times for 8 runs at N = 4001. Products with the
    patterns are bounded by arithmetic, not by reading them, so that at N = 20 001 nothing is gained.

    Examples
    --------
    >>> import bp, replica_theory as rt
    >>> inst = bp.random_instance(rt.BinaryPerceptron(), n=201, alpha=0.5, rng=1)
    >>> [found.solved for found in bp.solve_batch(inst, rngs=[1, 2, 3])]
    [True, True, True]
    """
    if not isinstance(rngs, Sequence):
        raise TypeError(f"rngs must be a sequence of seeds, one for each run; got {rngs!r}")
    if not isinstance(instance, Instance | Sequence):
        raise TypeError(f"instance must be a bp.Instance or a sequence of them; got {type(instance).__name__}")
    instances = [instance] * len(rngs) if isinstance(instance, Instance) else list(instance)
    if len(instances) != len(rngs):
        raise ValueError(f"instance must be one, or one for each of the {len(rngs)} rngs; got {len(instances)}")
    for each in instances:
        _check(method, each)
    if options.get("checkpoint") is not None:
        raise ValueError("checkpoint is for a single run: bp.solve(..., checkpoint=...)")
    pairs = zip(instances, rngs, strict=True)
    return together([_RUNS[method](each, rng=rng, progress=False, **options) for each, rng in pairs])


def _check(method: str, instance: Instance) -> None:
    if not isinstance(method, str) or method not in _SOLVERS:
        raise ValueError(f"method must be one of {', '.join(map(repr, solvers()))}; got {method!r}")
    if not isinstance(instance, Instance):
        raise TypeError(f"instance must be a bp.Instance; got {type(instance).__name__}")
