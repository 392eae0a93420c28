"""Theory against simulation: every comparison that a model allows, in one table with standard errors."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from functools import partial
from operator import attrgetter
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from tqdm import tqdm

from bp.ensembles.draw import System
from bp.ensembles.formula_grid import FormulaGrid
from bp.ensembles.grid import Grid
from bp.execution.call import store_call
from bp.execution.jobs import checked_execution, run_points
from bp.execution.store import Point, PointStore, root_seed
from bp.messages.state import Form
from bp.randomness import Rng
from bp.validation.comparison import Comparison, Job, Measured
from bp.validation.comparisons import COMPARISONS
from bp.validation.report import Crosscheck
from bp.validation.table import Row
from replica_theory.arguments import AWAY, checked_choice, checked_numbers, is_listed, shown
from replica_theory.models.satisfiability import RandomSatisfiability

logger = logging.getLogger(__name__)

DISTANCES = (0.02, 0.05, 0.1, 0.15)
_MOST = 1e11  # elementary operations on an instance: some ten minutes to an hour


def crosscheck(
    model: System,
    alpha: ArrayLike,
    n: ArrayLike = 1001,
    samples: int = 8,
    rng: Rng = None,
    *,
    comparisons: str | Comparison[Any] | Sequence[str | Comparison[Any]] | None = None,
    distance: float | Sequence[float] = DISTANCES,
    method: Form | None = None,
    executor: Executor | None = None,
    folder: str | os.PathLike[str] | None = None,
) -> Crosscheck:
    r"""Compare theory and simulation for a model, load by load, in one table with z-scores.

    Parameters
    ----------
    model : Model or RandomSatisfiability
        One that instances can be drawn of, scalar parameters, ``beta = inf``. Of a `TreeCommittee` of 1, 3, 5 or 7
        units at kappa = 0 they are tree committees (`bp.random_committee`).
    alpha : float or sequence of float
        Loads; of formulas clauses per variable. The instances have :math:`P = \mathrm{round}(\alpha N)` patterns, and
        the theory is taken at P/N.
    n : int or sequence of int
        Weights. With several sizes the table has rows for :math:`N = \infty`, from straight lines in 1/N through the
        discrepancies; take odd ones, and such that the rounding of P is alike. Of a committee multiples of its units,
        with an odd share of the weights for each.
    samples : int
        Instances at each load and size, at least 2.
    rng : int, SeedSequence, Generator or None
        Root of all seeds; what is measured on instance `k` at load `j` and size `n` depends on the root, `j`, `k` and
        `n` alone. None takes the root of the run found in `folder`, or a fresh one.
    comparisons : sequence of str or Comparison, or "all", optional
        What to compare: a `bp.validation.comparison.Comparison` of your own, or any of

        - ``"entropy"``: entropy, overlap and teacher overlap, replica symmetric ↔ belief propagation;
        - ``"enumeration"``: entropy, replica symmetric ↔ all solutions of small instances ↔ belief propagation on them,
          and the Franz-Parisi entropy ↔ solutions around solutions, extrapolated from N = 12 to 24;
        - ``"energy"``: energy at beta = 1.5, replica symmetric ↔ belief propagation ↔ Monte Carlo, extrapolated from
          N = 101 to 401; chains that have not forgotten their start (`bp.Sample.status`) give no value;
        - ``"state-evolution"``: overlaps of AMP iteration by iteration;
        - ``"planted"`` (teacher at kappa = 0, even constraint): Franz-Parisi ↔ belief propagation around the teacher,
          or around a planted solution;
        - ``"focusing"`` (random labels, odd constraint): overlaps and internal entropy of focusing BP at given gamma
          and y, its own theory ↔ the algorithm, and the robust ensemble, which it approximates;
        - ``"solutions"``: local entropies around the solutions that every solver finds within 2000 sweeps, above the
          Franz-Parisi entropy and below the bound at y = inf; where that is the entropy, against that of the instance;
        - ``"gradient-descent"`` (weights on the sphere, random labels): the same around the solutions of gradient
          descent;
        - ``"local-energy"`` (random labels): fraction of patterns violated at a distance from typical solutions, theory
          ↔ the stabilities that belief propagation finds.

        of tree committees ``"entropy"``, ``"state-evolution"`` and, of three units,

        - ``"committee-enumeration"``: entropy, replica symmetric ↔ all solutions of small machines ↔ belief
          propagation on them, and the Franz-Parisi entropy ↔ solutions around solutions, extrapolated from N = 12 to
          24 (take a multiple of 1/6 as the load, which these sizes have);

        and of random formulas

        - ``"formula-entropy"``: entropy and overlap, population dynamics ↔ belief propagation;
        - ``"formula-energy"``: energy at beta = 1.5, population dynamics ↔ belief propagation ↔ Monte Carlo,
          extrapolated from N = 250 to 1000;
        - ``"formula-counts"`` (k up to 6): numbers of solutions, partition functions and solutions around a planted one
          at N = 12 to 20, exact means ↔ enumeration; entropy, energy and local entropy, belief propagation on the same
          formulas;
        - ``"formula-planted"``: first moment around a planted solution, a bound ↔ belief propagation.

        By default all that apply to the model but ``"enumeration"``, ``"committee-enumeration"``, ``"focusing"``
        and ``"local-energy"``. Of weights
        other than ±1 there are ``"entropy"``, ``"state-evolution"``, ``"gradient-descent"`` and ``"local-energy"``.
    distance : float or sequence of float
        Distances in (0, 1/2] at which local entropies are measured.
    method : {"amp", "gaussian", "exact"}, optional
        Messages of the Bethe entropy, as in `belief_propagation`; by default the first of these, of formulas
        ``"exact"``, which they have alone. Patterns here are independent and random, where the three agree as N → ∞,
        and so is the theory: the default is the form that needs no memory beyond the instance, for large N.
        (`belief_propagation`, `local_entropy` and `ensemble` begin with ``"gaussian"``, which is good for any
        patterns.) Solutions and local entropies always come from node variables; energies, whose patterns are real,
        from ``"gaussian"`` in the place of ``"exact"``.
    executor : concurrent.futures.Executor, optional
        Where the instances are worked on; in this process by default. The result does not depend on it. See `ensemble`
        for processes, Dask and MPI.
    folder : path, optional
        Every finished instance is kept there, and the same call goes on from what it finds. A larger `samples` or
        further `comparisons` extend a run.

    Returns
    -------
    Crosscheck
        Its `verdict` is one p-value for all rows.

    Raises
    ------
    TypeError
        If `model` is not a model, or an argument is not a number where it should be.
    ValueError
        For a load that is not positive, gives no pattern at a size that a comparison uses (some have their own) or so
        many that an instance takes more than an hour, sizes below 2, a distance outside (0, 1/2], a finite beta,
        an array of margins, an unknown comparison or one that the model does not allow, or a folder of a run with other
        settings, another format or another version.
    OSError
        If `folder` cannot be written (found before any work).
    BlockingIOError
        If another run works on `folder`.
    MemoryError
        If an instance and its messages do not fit in memory (estimated before any work).
    BrokenExecutor
        If the executor died; finished points are in `folder`.
    KeyboardInterrupt
        At Ctrl-C; finished points are in `folder`.

    Examples
    --------
    >>> import replica_theory as rt
    >>> check = crosscheck(rt.BinaryPerceptron(), alpha=0.4, n=[101, 201], samples=4, rng=1, comparisons=["entropy"])
    >>> [(row.quantity, row.n) for row in check.rows if row.quantity == "entropy"]
    [('entropy', 101.0), ('entropy', 201.0), ('entropy', inf)]
    """
    grid = _grid(model, alpha, n, samples)
    distances = checked_numbers("distance", distance, AWAY)
    method = grid.methods[0] if method is None else method
    checked_choice("method", method, grid.methods)
    checked_execution(executor, folder)
    chosen = _chosen(model, comparisons)
    for comparison in chosen:
        instead = f"choose a smaller n or alpha, or comparisons without {comparison.name!r}"
        grid.require_memory(method, comparison.sizes(grid.n), entry=comparison.entry, instead=instead)
        _require(comparison, grid)
    seed = root_seed(rng, folder)
    jobs = [
        Job(model, load, size, seed, (i, size, k), comparison, distances, method)
        for comparison in chosen
        for size in sorted(comparison.sizes(grid.n), reverse=True)  # long jobs first: no worker ends alone
        for i, load in enumerate(grid.alpha)
        for k in range(grid.samples)
    ]
    names = tuple(comparison.name for comparison in chosen)
    settings = grid.settings(seed) | {"distance": distances, "method": method}
    store = None if folder is None else PointStore(folder, settings)
    call = settings | {"samples": grid.samples, "comparisons": names}
    begin = None if store is None else partial(store_call, store, call)
    work = measure if executor is not None else _Announced(measure)
    done = run_points(work, jobs, columns=_columns, store=store, executor=executor, label="crosscheck", begin=begin)
    points: dict[str, dict[int, list[Point]]] = {name: {} for name in names}
    for job, point in zip(jobs, done, strict=True):
        points[job.comparison.name].setdefault(job.n, []).append(point)
    rows = tuple(_rows(chosen, grid, distances, points))
    return Crosscheck(model, grid.n, grid.samples, seed, method, names, rows, points)


def measure(job: Job[System]) -> Point:
    """What a comparison measures on one instance."""
    point: Point = job.comparison.measure(job)
    return point


def _grid(model: System, alpha: ArrayLike, n: ArrayLike, samples: int) -> Grid | FormulaGrid:
    """The problems of a system that the arguments ask for."""
    grid: Grid | FormulaGrid
    if isinstance(model, RandomSatisfiability):
        grid = FormulaGrid.checked(model, alpha, n, samples, least=2)
    else:
        grid = Grid.checked(model, alpha, n, samples, least=2, any_weights=True, layered=True)
    if np.isfinite(model.beta):
        raise ValueError(f"crosscheck needs a single kappa and beta = inf; got {model}")
    return grid


class _Announced:
    """Work that logs a line as it comes to another comparison or size."""

    def __init__(self, work: Callable[[Job[System]], Point]) -> None:
        self._work, self._place = work, ("", 0)

    def __call__(self, job: Job[System]) -> Point:
        place = job.comparison.name, job.n
        if place != self._place:
            self._place = place
            logger.info("crosscheck: %s at N = %d", *place)
        return self._work(job)


def _columns(job: Job[System]) -> tuple[str, ...]:
    columns: tuple[str, ...] = job.comparison.columns
    return columns


def _require(comparison: Comparison[Any], grid: Grid | FormulaGrid) -> None:
    """Refuse a comparison that has no constraints at one of its sizes, or takes longer than anybody waits."""
    sizes = comparison.sizes(grid.n)
    instead = f", or leave out the comparison {comparison.name!r}"
    grid.require_constraints(sizes, instead)
    for n in sizes:
        load = max(grid.alpha)
        operations = comparison.operations(grid.model, n, round(load * n))
        if operations > _MOST:
            raise ValueError(
                f"alpha={load} gives {round(load * n)} constraints at n={n}, on which {comparison.name!r} takes some "
                f"{operations:.0e} operations an instance; choose a smaller alpha{instead}"
            )


def _rows(
    chosen: Sequence[Comparison[Any]],
    grid: Grid | FormulaGrid,
    distances: tuple[float, ...],
    points: Mapping[str, Mapping[int, list[Point]]],
) -> Iterator[Row]:
    """Comparison by comparison, load by load."""
    places = [(comparison, i) for comparison in chosen for i in range(len(grid.alpha))]
    for comparison, i in tqdm(places, desc="theory", disable=None, leave=False):
        logger.info("crosscheck: theory of %s at alpha = %g", comparison.name, grid.alpha[i])
        by_size = points[comparison.name]
        mine = {n: by_size[n][i * grid.samples : (i + 1) * grid.samples] for n in sorted(by_size)}
        yield from comparison.rows(Measured(grid.model, grid.alpha[i], distances, mine))


def _chosen(
    model: System, comparisons: str | Comparison[Any] | Sequence[str | Comparison[Any]] | None
) -> tuple[Comparison[Any], ...]:
    """The comparisons to make, in the order of the table."""
    possible = {name: comparison for name, comparison in COMPARISONS.items() if comparison.admits(model)}
    if comparisons is None:
        return tuple(comparison for comparison in possible.values() if comparison.default)
    if isinstance(comparisons, str) and comparisons == "all":
        return tuple(possible.values())
    asked = [comparisons] if isinstance(comparisons, str | Comparison) else comparisons
    if not is_listed(asked):
        raise TypeError(f"comparisons must be 'all', None, names or objects of Comparison; got {shown(comparisons)}")
    chosen = [_comparison(one, model, possible) for one in asked]
    names = [comparison.name for comparison in chosen]
    if not names or len(set(names)) < len(names):
        raise ValueError(f"comparisons must be one or more different names; got {names}")
    return tuple(sorted(chosen, key=attrgetter("order", "name")))


def _comparison(one: str | Comparison[Any], model: System, possible: Mapping[str, Comparison[Any]]) -> Comparison[Any]:
    """One that was asked for, by name or itself."""
    if isinstance(one, Comparison):
        if COMPARISONS.get(one.name, one) is not one:
            raise ValueError(f"comparisons: {one.name!r} is a comparison of the house; choose another name")
        if not one.admits(model):
            raise ValueError(f"comparisons: {one.name!r} does not apply to {model}")
        return one
    if not isinstance(one, str):
        raise TypeError(f"comparisons must be 'all', None, names or objects of Comparison; got {shown(one)}")
    if one not in COMPARISONS:
        raise ValueError(f"comparisons must be 'all' or among {', '.join(map(repr, COMPARISONS))}; got {shown(one)}")
    if one not in possible:
        raise ValueError(f"comparisons: {one!r} does not apply to {model}; {', '.join(map(repr, possible))} do")
    return possible[one]
