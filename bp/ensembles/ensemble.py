"""Ensembles: the same measurements on many random instances."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from itertools import product
from types import MappingProxyType
from typing import Any, get_args

import numpy as np
from numpy.typing import ArrayLike

from bp.algorithms import solvers
from bp.algorithms.solver import solver_of
from bp.ensembles.bench import Job
from bp.ensembles.grid import Grid
from bp.ensembles.measurements import MEASUREMENTS, measure
from bp.ensembles.table import Ensemble
from bp.execution.jobs import checked_execution, run_points
from bp.execution.store import PointStore, root_seed
from bp.messages.state import Method
from bp.randomness import Rng
from replica_theory.arguments import (
    AWAY,
    checked_choice,
    checked_choices,
    checked_integer,
    checked_mapping,
    checked_numbers,
    shown,
)
from replica_theory.models.model import Model
from replica_theory.results.labelled import read_netcdf
from replica_theory.status import ConvergenceWarning
from replica_theory.typing import Array


def ensemble(
    model: Model,
    alpha: ArrayLike,
    n: ArrayLike,
    samples: int,
    measurements: Sequence[str] = ("entropy", "overlap", "solved", "iterations"),
    solver: str = "focusing-bp",
    rng: Rng = None,
    executor: Executor | None = None,
    folder: str | os.PathLike[str] | None = None,
    *,
    distance: ArrayLike = (0.01, 0.02, 0.05, 0.1, 0.15),
    method: Method = "gaussian",
    solver_runs: int = 4,
    solver_options: Mapping[str, Any] | None = None,
) -> Ensemble:
    r"""Measure the same quantities on many random instances, at every load and size.

    Parameters
    ----------
    model : Model
        Scalar parameters.
    alpha : float or sequence of float
        Loads; instances have :math:`P=\mathrm{round}(\alpha N)` patterns.
    n : int or sequence of int
        Sizes; every load is taken at every size.
    samples : int
        Instances of each load and size.
    measurements : sequence of str
        Any of

        - ``"entropy"``, ``"overlap"``: Bethe entropy (nats per weight) and :math:`q=\frac1N\sum_im_i^2` of belief
          propagation at the temperature of the model; ``"energy"``: its fraction of violated patterns (finite beta);
        - ``"generalization_error"`` (models with a teacher): :math:`\frac1\pi\arccos R` with
          :math:`R=\frac1N\sum_im_iW^*_i`, that of a weight vector drawn from the measure;
        - ``"solved"`` (0 or 1), ``"iterations"``: of the solver;
        - ``"local_entropy"``: around the solution found, at each `distance`;
        - ``"solution_overlaps"``: mean overlap :math:`W\cdot W'/N` of pairs of solutions that the solver finds from
          `solver_runs` seeds (its absolute value for an even constraint, where :math:`-W` solves, too).
    solver : str
        One of `bp.solvers()`.
    rng : int, SeedSequence, Generator or None
        Root of all seeds. The instance at ``[i, j, k]`` of the table and the solver's seeds come from
        ``SeedSequence([root, i, j, k])``, so that every point can be done alone (`Ensemble.rerun`). None takes the root
        of the run found in `folder`, or a fresh one.
    executor : concurrent.futures.Executor, optional
        Where the instances are worked on; in this process by default. The result does not depend on it.
    folder : path, optional
        Every finished instance is written there, and the same call goes on from what it finds; a larger `samples`
        extends the run.
    distance : float or sequence of float
        Distances in (0, 1/2] of the local entropies.
    method : {"gaussian", "exact", "amp"}
        Messages of belief propagation, as in `bp.belief_propagation`; ``"amp"`` for large `n`.
    solver_runs : int
        Runs of the solver on an instance for ``"solution_overlaps"``, at least 2.
    solver_options : mapping, optional
        Further options of the solver (JSON values).

    Returns
    -------
    Ensemble

    Warns
    -----
    ConvergenceWarning
        Once, if belief propagation did not converge somewhere: NaN there.

    Raises
    ------
    TypeError, ValueError
        For a bad argument, or a folder of a run with other settings, another format or another version.
    MemoryError
        If an instance and its messages do not fit in memory (estimated before any work).
    BlockingIOError
        If another run works on `folder`.
    OSError
        If `folder` cannot be written.
    BrokenExecutor
        If the executor died; finished points are in `folder`.
    KeyboardInterrupt
        At Ctrl-C; finished points are in `folder`.

    Notes
    -----
    Processes of one machine are ``bp.execution.workers.worker_processes(k)``; a pool in which a worker is killed is
    made anew. Beyond one machine, Dask (``pip install 'binary-perceptron[cluster]'``)::

        from dask.distributed import Client
        from dask_jobqueue import SLURMCluster

        if __name__ == "__main__":
            cluster = SLURMCluster(cores=1, processes=1, memory="4GB", walltime="04:00:00")
            cluster.scale(jobs=64)
            with Client(cluster) as client, client.get_executor() as executor:
                result = bp.ensemble(model, [0.5, 0.6], [1001, 2001], 64, rng=1, executor=executor, folder="run")

    (``Client()`` alone starts workers on this machine.) With MPI, started as
    ``mpiexec -n 65 python -m mpi4py.futures script.py``::

        from mpi4py.futures import MPIPoolExecutor

        if __name__ == "__main__":
            with MPIPoolExecutor() as executor:
                result = bp.ensemble(model, [0.5, 0.6], [1001, 2001], 64, rng=1, executor=executor, folder="run")

    The folder belongs to the process that makes the call: workers need not see it. Every job works on one thread,
    whatever the executor.

    Examples
    --------
    >>> import replica_theory as rt
    >>> result = ensemble(rt.BinaryPerceptron(), 0.5, [101, 201], 4, ["entropy", "solved"], rng=1)
    >>> result.values["entropy"].shape
    (1, 2, 4)
    >>> result.extrapolate("entropy").value.shape
    (1,)
    """
    grid = Grid.checked(model, alpha, n, samples, least=1)
    names = _checked_measurements(model, measurements)
    at_distances = any(MEASUREMENTS[name].by_distance for name in names)
    distances = checked_numbers("distance", distance, AWAY) if at_distances else ()
    checked_choice("solver", solver, solvers())
    checked_choice("method", method, get_args(Method))
    how: dict[str, Any] = {
        "measurements": names,
        "solver": solver,
        "solver_options": _checked_options(solver, solver_options),
        "solver_runs": checked_integer("solver_runs", solver_runs, 2),
        "method": method,
        "distance": distances,
    }
    checked_execution(executor, folder)
    grid.require_memory(method)
    root = root_seed(rng, folder)
    shape = (len(grid.alpha), len(grid.n), grid.samples)
    jobs = [Job(model, grid.alpha[i], grid.n[j], root, (i, j, k), **how) for i, j, k in product(*map(range, shape))]
    settings = grid.settings(root) | how | {"beta": float(np.asarray(model.beta))}
    store = None if folder is None else PointStore(folder, settings)
    points = run_points(measure, jobs, columns=names, store=store, executor=executor, label="ensemble")
    values = {x: np.array([point[x] for point in points]).reshape(*shape, *points[0][x].shape) for x in names}
    _report(values)
    axes = np.array(grid.alpha), np.array(grid.n), np.array(distances)
    of_solver = {name: how[name] for name in ("solver", "method", "solver_runs", "solver_options")}
    return Ensemble(model, *axes, MappingProxyType(values), root, grid.samples, **of_solver)


def read_ensemble(path: str | os.PathLike[str]) -> Ensemble:
    """Read the ensemble that `Ensemble.to_netcdf` wrote.

    Parameters
    ----------
    path : path-like

    Returns
    -------
    Ensemble
        With the same numbers bit for bit; `Ensemble.rerun` measures its instances again.

    Raises
    ------
    ModuleNotFoundError
        If xarray, h5netcdf or h5py is not installed (extra ``data``).
    OSError
        If the file does not exist or cannot be read.
    ValueError
        If it is no netCDF-4 file, is damaged, was changed, or holds something else. The file is left as it is.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import replica_theory as rt
    >>> result = ensemble(rt.BinaryPerceptron(), 0.5, 101, 2, ["entropy"], rng=1)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     result.to_netcdf(pathlib.Path(folder, "ensemble.nc"))
    ...     again = read_ensemble(pathlib.Path(folder, "ensemble.nc"))
    >>> bool((again.values["entropy"] == result.values["entropy"]).all()), again.root
    (True, 1)
    """
    result = read_netcdf(path)
    if not isinstance(result, Ensemble):
        raise ValueError(f"{os.fspath(path)!r} holds no Ensemble but a result of theory, {type(result).__name__}")
    return result


def _checked_options(solver: str, options: Mapping[str, Any] | None) -> dict[str, Any]:
    """Options of the solver as JSON values, once it is clear that it takes them."""
    given = {} if options is None else checked_mapping("solver_options", options)
    try:
        plain: dict[str, Any] = json.loads(json.dumps(given))
    except (TypeError, ValueError, RecursionError):
        raise TypeError(f"solver_options must hold JSON values; got {shown(options)}") from None
    try:
        solver_of(solver, plain)
    except (TypeError, ValueError) as error:
        raise type(error)(f"solver_options must be options of {solver}: {error}") from None
    return plain


def _report(values: Mapping[str, Array]) -> None:
    """Warn once of messages that did not converge; that nothing was found to measure around is no failure."""
    failed = {name: int(np.isnan(x).sum()) for name, x in values.items() if MEASUREMENTS[name].of_messages}
    if any(failed.values()):
        kinds = ", ".join(f"{name} {number}" for name, number in failed.items() if number)
        warnings.warn(f"ensemble: messages did not converge, NaN on so many instances: {kinds}", ConvergenceWarning,
                      stacklevel=3)  # fmt: skip


def _checked_measurements(model: Model, measurements: Sequence[str]) -> tuple[str, ...]:
    names = checked_choices("measurements", measurements, MEASUREMENTS)
    for name in names:
        if lack := MEASUREMENTS[name].lacks(model):
            raise ValueError(f"measurements: {name!r} {lack}; got {model}")
    return names
