"""Solvers against one another, on the same problems."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping, Sequence, Sized
from concurrent.futures import Executor
from typing import Any, get_args

import numpy as np
from numpy.typing import ArrayLike

from bp.algorithms.solution import SolverStatus
from bp.algorithms.solver import Solver, registry, solver_of
from bp.ensembles.solver_comparison import SolverComparison
from bp.ensembles.source import ProblemSource
from bp.ensembles.trial import COLUMNS, Given, Trial, attempt, identity, label_of, settings_of
from bp.execution.call import store_call
from bp.execution.jobs import checked_execution, run_points
from bp.execution.store import Point, PointStore, root_seed
from bp.messages.state import Method
from bp.problems.problem import Problem
from bp.randomness import Rng
from replica_theory.arguments import (
    AWAY,
    POSITIVE,
    checked_choice,
    checked_choices,
    checked_number,
    checked_numbers,
    is_listed,
    shown,
)
from replica_theory.status import ConvergenceWarning

MEASUREMENTS = ("local_entropy",)


def compare(
    solvers: str | Solver | Sequence[str | Solver] | Mapping[str, str | Solver],
    problems: ProblemSource | Problem | Sequence[Problem],
    rng: Rng = None,
    executor: Executor | None = None,
    measurements: Sequence[str] = (),
    folder: str | os.PathLike[str] | None = None,
    *,
    distance: ArrayLike = (0.01, 0.02, 0.05, 0.1, 0.15),
    method: Method | None = None,
    seconds: float | None = None,
) -> SolverComparison:
    r"""Run several solvers on the same problems: success, iterations, CPU time, and where the solutions lie.

    Parameters
    ----------
    solvers : str, Solver, sequence of them, or mapping
        Names (`bp.solvers()`) or solvers with their options; a mapping gives them labels, needed for two of one name.
    problems : RandomProblems, RandomFormulas, Problem or sequence of Problem
        Random ones, drawn where they are worked on, or given ones.
    rng : int, SeedSequence, Generator or None
        Root of all seeds: random problems come from ``SeedSequence([root, i, j, k])``, load `i`, size
        `j`, sample `k`; a run has a seed of its own, made of the same numbers and of its solver's options, so that it
        does not depend on what it is compared with. None takes the root of the run found in `folder`, or a fresh one.
    executor : concurrent.futures.Executor, optional
        Where the runs are done, each on one thread; in this process by default. Only `cpu_seconds` depend on it.
    measurements : sequence of str
        ``"local_entropy"``: of the solutions around each solution found, at each `distance`, by message passing.
    folder : path, optional
        Every finished run is written there, and the same call goes on from what it finds; so does one with more
        solvers, more samples or more problems.
    distance : float or sequence of float
        Distances in (0, 1/2].
    method : {"amp", "gaussian", "exact"}, optional
        Messages of the local entropy, as in `bp.local_entropy`; by default ``"amp"``, or the first that a problem has
        without it.
    seconds : float, optional
        CPU seconds that a run is allowed; it is stopped at the first boundary after them, status ``"out-of-time"``.
        What stops near the limit depends on the machine; for limits that do not, give solvers with their `max_iter`.

    Returns
    -------
    SolverComparison
        With a row for every pair, also for those where the solver does not apply (status ``"inapplicable"``).

    Warns
    -----
    ConvergenceWarning
        Once, if messages around a solution did not converge or no field attains a distance: NaN there.

    Raises
    ------
    TypeError, ValueError
        For a bad argument, or a folder of a run with other settings, another format or another version.
    MemoryError
        If a random problem does not fit in memory (estimated before any work).
    BlockingIOError
        If another run works on `folder`.
    OSError
        If `folder` cannot be written.
    BrokenExecutor
        If the executor died; finished runs are in `folder`.
    KeyboardInterrupt
        At Ctrl-C; finished runs are in `folder`.

    Notes
    -----
    All solvers meet the same problems, each run on a fresh copy. CPU seconds are those of the thread: each process
    first has everything compiled on a tiny problem; drawing and measuring do not count.

    Examples
    --------
    >>> import bp, replica_theory as rt
    >>> problems = bp.RandomProblems(rt.BinaryPerceptron(), alpha=[0.3, 0.5], n=101, samples=3)
    >>> result = compare(["focusing-bp", "sbpi"], problems, rng=1)
    >>> result.mean("solved").mean.shape
    (2, 2)
    """
    chosen = _checked_solvers(solvers)
    names = _checked_measurements(measurements)
    if method is not None:
        checked_choice("method", method, get_args(Method))
    away = checked_numbers("distance", distance, AWAY)
    distances = away if names else ()
    allowed = np.inf if seconds is None else checked_number("seconds", seconds, POSITIVE)
    checked_execution(executor, folder)
    form = _form(problems, method, bool(names))
    root = root_seed(rng, folder)
    how = {"method": form, "distance": distances, "seconds": seconds}
    if isinstance(problems, ProblemSource):
        settings, sources = problems.settings(root) | how, problems.drawn(root)
    else:
        settings, sources = {"seed": root} | how, _given(problems, root)
    jobs = [Trial(source, solver, allowed, distances, form) for source in sources for solver in chosen.values()]
    store = None if folder is None else PointStore(folder, settings)

    def begin() -> None:
        if store is not None and isinstance(problems, ProblemSource):
            store_call(store, settings | {"samples": problems.samples, "solvers": _names(chosen)})

    points = run_points(
        attempt, jobs, columns=lambda job: job.columns, store=store, executor=executor, label="compare",
        begin=begin,
    )  # fmt: skip
    return _gathered(chosen, points, {"root": root, "method": form, "seconds": allowed}, distances)


def _checked_measurements(measurements: Any) -> tuple[str, ...]:
    """What to measure; there may be nothing."""
    listed = is_listed(measurements) and isinstance(measurements, Sized) and not isinstance(measurements, str | bytes)
    if listed and not len(measurements):
        return ()
    return checked_choices("measurements", measurements, MEASUREMENTS)


def _checked_solvers(solvers: Any) -> dict[str, Solver]:
    """The solvers by label."""
    if isinstance(solvers, str | Solver):
        solvers = [solvers]
    if isinstance(solvers, Mapping):
        if not all(isinstance(label, str) and label for label in solvers):
            raise TypeError(f"solvers must have words for labels; got {shown(solvers)}")
        given = list(solvers.items())
    elif is_listed(solvers):
        given = [(one.name if isinstance(one, Solver) else one, one) for one in solvers]
    else:
        raise TypeError(f"solvers must be names, solvers, or a mapping of labels to them; got {shown(solvers)}")
    if not given:
        raise ValueError("solvers must hold at least one; got none")
    chosen: dict[str, Solver] = {}
    for label, one in given:
        if not isinstance(one, str | Solver):
            raise TypeError(f"solvers must hold names or solvers; got {shown(one)}")
        if isinstance(one, str):
            checked_choice("solvers", one, registry())
        if label in chosen:
            raise ValueError(f"solvers must have different labels, {{label: solver}}; {label!r} comes twice")
        chosen[label] = solver_of(one, {})
    known = {identity(solver): label for label, solver in chosen.items()}
    for label, solver in chosen.items():
        if (same := known[identity(solver)]) != label:
            raise ValueError(f"solvers must differ; {label!r} and {same!r} are the same, with the same options")
    return chosen


def _form(problems: Any, method: Method | None, measured: bool) -> Method:
    """Messages of local entropies, if any are `measured`; what is no problem, or has none of these, is refused."""
    if isinstance(problems, ProblemSource):
        problems.require_memory()
        examples: list[Any] = [problems.drawn(0)[0].problem()] if measured else []
    elif isinstance(problems, Problem):
        examples = [problems]
    elif isinstance(problems, list | tuple) and not problems:
        raise ValueError("problems must hold at least one; got none")
    elif isinstance(problems, list | tuple) and all(isinstance(one, Problem) for one in problems):
        examples = list(problems)
    else:
        raise TypeError(
            "problems must be a RandomProblems or RandomFormulas, a problem such as bp.Instance or a list of them; got "
            f"{shown(problems)}"
        )
    offered = getattr(examples[0], "forms", ()) if examples else ()
    form: Method = method or ("amp" if "amp" in offered or not offered else offered[0])
    for problem in examples if measured else ():
        forms = getattr(problem, "forms", ())
        if form not in forms:
            known = f"one of {', '.join(map(repr, forms))}" if forms else "left, without local entropies"
            raise ValueError(f"method must be {known} for {label_of(problem)}; got {form!r}")
    return form


def _given(problems: Problem | Sequence[Problem], root: int) -> list[Given]:
    listed = [problems] if isinstance(problems, Problem) else problems
    return [Given(problem, root, (k,)) for k, problem in enumerate(listed)]


def _names(chosen: Mapping[str, Solver]) -> list[str] | None:
    """Names of solvers that have no options of their own, nor other labels; None if one has."""
    plain = all(label == solver.name and solver == type(solver)() for label, solver in chosen.items())
    return list(chosen) if plain else None


def _gathered(
    chosen: Mapping[str, Solver], points: Sequence[Point], how: Mapping[str, Any], distances: tuple[float, ...]
) -> SolverComparison:
    """The comparison of points that come problem by problem."""
    shape = (len(points) // len(chosen), len(chosen))
    names = (*COLUMNS, *(("local_entropy",) if distances else ()))
    values = {name: _across([point[name] for point in points], shape) for name in names}
    words = {name: np.array([str(point[name]) for point in points]).reshape(shape) for name in ("status", "reason")}
    first = points[:: len(chosen)]
    labels = [str(point["problem"]) for point in first]
    kinds = tuple(dict.fromkeys(labels))
    n = np.array([int(point["n"]) for point in first])
    reasons: dict[str, dict[str, str]] = {}
    for (k, s), reason in np.ndenumerate(words["reason"]):
        if reason:
            reasons.setdefault(list(chosen)[s], {})[labels[k]] = str(reason)
    _report(values, words["status"].T)
    return SolverComparison(
        solvers={label: settings_of(solver) for label, solver in chosen.items()},
        units={label: solver.unit for label, solver in chosen.items()},
        problems=kinds,
        kind=np.array([kinds.index(label) for label in labels]),
        n=n,
        load=np.array([float(point["n_constraints"]) for point in first]) / n,
        distance=np.array(distances),
        values=values,
        status=words["status"].T,
        reasons=reasons,
        **how,
    )


def _across(column: Sequence[Any], shape: tuple[int, int]) -> Any:
    """One number a point, or one for each distance, with axes (solver, problem, ...)."""
    array = np.array(column)
    return np.ascontiguousarray(array.reshape(*shape, *array.shape[1:]).swapaxes(0, 1))


def _report(values: Mapping[str, Any], status: Any) -> None:
    """Warn once of messages that did not converge around a solution."""
    if "local_entropy" in values:
        lost = int(np.isnan(values["local_entropy"][status == SolverStatus.SOLVED]).sum())
        if lost:
            message = (
                f"compare: messages around solutions did not converge or no field attains the distance, NaN: {lost}"
            )
            warnings.warn(message, ConvergenceWarning, stacklevel=4)
