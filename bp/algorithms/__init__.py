"""Solvers: algorithms that look for weights satisfying every constraint. One file an algorithm."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bp.algorithms.runs import together
from bp.algorithms.solution import Solution, SolverStatus
from bp.algorithms.solver import Solver, registry, solver_of
from bp.problems.problem import Problem
from bp.randomness import Rng, generator
from replica_theory.arguments import shown

__all__ = ["Solution", "Solver", "SolverStatus", "solve", "solve_batch", "solvers"]


def solvers() -> list[str]:
    """Names of the solvers that `solve` knows.

    Examples
    --------
    >>> "focusing-bp" in solvers()
    True
    """
    return list(registry())


def solve(problem: Problem, solver: str | Solver = "focusing-bp", *, rng: Rng = None, **options: Any) -> Solution:
    """Look for a solution of a problem.

    Parameters
    ----------
    problem : Problem
        The constraints to satisfy, e.g. a `bp.Instance`.
    solver : str or Solver
        Name of the solver, one of `solvers()`; or a solver with its options.
    rng : int, SeedSequence, Generator or None
        Source of randomness; the same seed gives the same result.
    **options
        Those of the solver, e.g. the fields of `bp.algorithms.focusing.FocusingBP`; and `checkpoint`, a file that a
        killed run goes on from (`bp.algorithms.solver.Solver`).

    Returns
    -------
    Solution
        Solved or not: see `Solution.solved` and `Solution.status`.

    Raises
    ------
    OSError
        If the checkpoint cannot be read or written.
    TypeError
        If `problem` is no problem, or the solver does not know an option.
    ValueError
        If there is no such solver, it does not apply to the problem, or an option has a value that is not allowed.

    Examples
    --------
    >>> import bp, replica_theory as rt
    >>> inst = bp.random_instance(rt.BinaryPerceptron(), n=201, alpha=0.5, rng=1)
    >>> found = bp.solve(inst, "focusing-bp", rng=1)
    >>> found.solved, inst.errors(found.weights)
    (True, 0)
    """
    checkpoint = options.pop("checkpoint", None)
    _check(problem)
    return solver_of(solver, options)(problem, rng=rng, checkpoint=checkpoint)


def solve_batch(
    problem: Problem | Sequence[Problem],
    solver: str | Solver = "focusing-bp",
    *,
    rngs: Sequence[Rng],
    **options: Any,
) -> list[Solution]:
    """Look for solutions from many seeds, or of many problems, step by step side by side.

    Runs on one problem share every pass over its patterns, and end one by one.

    Parameters
    ----------
    problem : Problem, or sequence of them
        One for all runs, or one for each.
    solver : str or Solver
        As for `solve`.
    rngs : sequence of int, SeedSequence, Generator or None
        Sources of randomness, one for each run.
    **options
        As for `solve`, except a checkpoint, which is for one run.

    Returns
    -------
    list of Solution
        That of each run, equal to ``solve(problem, solver, rng=rngs[k], **options)``: bit for bit on the host, up to
        what rounding makes of a run on a device.

    Raises
    ------
    TypeError, ValueError
        As `solve`, and if there is not one problem for each run.

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
    if not isinstance(rngs, Sequence) or isinstance(rngs, str | bytes | bytearray | memoryview):
        raise TypeError(f"rngs must be a sequence of seeds, one for each run; got {shown(rngs)}")
    seeds = [_checked_seed(rng) for rng in rngs]
    if not isinstance(problem, Problem | Sequence):
        raise TypeError(f"problem must be a problem or a sequence of them; got {type(problem).__name__}")
    problems = [problem] * len(rngs) if isinstance(problem, Problem) else list(problem)
    if len(problems) != len(rngs):
        raise ValueError(f"problem must be one, or one for each of the {len(rngs)} rngs; got {len(problems)}")
    for each in problems:
        _check(each)
    if options.pop("checkpoint", None) is not None:
        raise ValueError("checkpoint is for a single run: bp.solve(..., checkpoint=...)")
    chosen = solver_of(solver, options)
    return together([chosen.begin(each, rng) for each, rng in zip(problems, seeds, strict=True)])


def _checked_seed(rng: Rng) -> Rng:
    try:
        generator(rng)
    except (TypeError, ValueError) as error:
        raise type(error)(f"rngs must hold seeds: {error}") from None
    return rng


def _check(problem: Problem) -> None:
    if not isinstance(problem, Problem):
        raise TypeError(f"problem must be a problem such as bp.Instance; got {type(problem).__name__}")
