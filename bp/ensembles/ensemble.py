"""Ensembles: the same measurements on many random instances, their means, and what they tend to as N grows."""

from __future__ import annotations

import csv
import io
import json
import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from types import MappingProxyType
from typing import Any, Self, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bp.algorithms import solvers
from bp.ensembles.measurements import MEASUREMENTS, QUANTITIES, Job, measure
from bp.ensembles.statistics import Estimate, Extrapolation, weighted_fit, wilson
from bp.execution.jobs import run_points
from bp.execution.store import Point, PointStore, root_seed
from bp.messages.edges import require_edges
from bp.messages.state import Method
from bp.randomness import Rng
from replica_theory.models.intervals import SymmetricBinaryPerceptron
from replica_theory.models.model import Model
from replica_theory.models.perceptron import BinaryPerceptron
from replica_theory.results.labelled import Labelled, Variable, make_dataset, read_attributes, read_netcdf
from replica_theory.results.quantities import Quantity
from replica_theory.status import ConvergenceWarning
from replica_theory.typing import Array


@dataclass(frozen=True, eq=False)
class Ensemble(Labelled):
    """Measurements on random instances, labelled by load, size and sample.

    Attributes
    ----------
    model : Model
    alpha : array, shape (n_alpha,)
        Loads asked for; see `load`.
    n : array of int, shape (n_n,)
        Sizes.
    distance : array, shape (n_d,)
        Distances of ``"local_entropy"``; empty where it was not measured.
    values : mapping of str to array, shape (n_alpha, n_n, samples) or (n_alpha, n_n, samples, n_d)
        The measurements by name; NaN where there is none.
    root : int
        The seed of all: ``rng=root`` gives the same ensemble.
    samples : int
        Instances of each load and size.
    solver : str
    method : str
        Messages of belief propagation.
    solver_runs : int
        Runs of the solver for ``"solution_overlaps"``.
    solver_options : mapping
        Further options of the solver.
    """

    model: Model
    alpha: Array
    n: NDArray[np.int64]
    distance: Array
    values: Mapping[str, Array]
    root: int
    samples: int
    solver: str
    method: Method
    solver_runs: int
    solver_options: Mapping[str, Any]

    @cached_property
    def load(self) -> Array:
        """Loads P/N that the instances have, shape (n_alpha, n_n)."""
        return np.array([[round(a * int(n)) / n for n in self.n] for a in self.alpha])

    def rerun(self, alpha_index: int, n_index: int, sample: int) -> Point:
        """Measure a single instance once more, alone; it comes out as in `values`.

        Parameters
        ----------
        alpha_index, n_index, sample : int
            Its place, as in ``values[name][alpha_index, n_index, sample]``.

        Returns
        -------
        dict of arrays

        Raises
        ------
        ValueError
            If there is no such place.
        """
        place, shape = (alpha_index, n_index, sample), (len(self.alpha), len(self.n), self.samples)
        for name, index, length in zip(("alpha_index", "n_index", "sample"), place, shape, strict=True):
            if not isinstance(index, int | np.integer) or not 0 <= index < length:
                raise ValueError(f"{name} must be at least 0 and below {length}; got {index!r}")
        alpha, n, distance = float(self.alpha[alpha_index]), int(self.n[n_index]), tuple(self.distance.tolist())
        how = (self.solver, self.solver_options, self.solver_runs, self.method)
        return measure(Job(self.model, alpha, n, self.root, place, tuple(self.values), *how, distance))

    def mean(self, name: str, *, width: float = 1.0) -> Estimate:
        r"""Mean of a measurement over the instances, with its standard error.

        Parameters
        ----------
        name : str
            One of the measurements.
        width : float
            Half width of the interval in standard deviations. For ``"solved"`` it is Wilson's,
            :math:`(p + \frac{z^2}{2n} \pm z\sqrt{p(1-p)/n + z^2/4n^2})/(1 + z^2/n)`.

        Returns
        -------
        Estimate

        Raises
        ------
        ValueError
            If `name` was not measured or `width` is not positive.
        """
        if not width > 0:
            raise ValueError(f"width must be positive; got {width!r}")
        values = self._measured(name)
        finite = np.isfinite(values)
        count = finite.sum(axis=2)
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = np.where(finite, values, 0.0).sum(axis=2) / count
            if name == "solved":
                low, high = wilson(mean, count, 1.0)
                return Estimate(mean, (high - low) / 2, *wilson(mean, count, width), count)
            squares = np.where(finite, values - mean[:, :, None], 0.0) ** 2
            error = np.where(count > 1, np.sqrt(squares.sum(axis=2) / (count - 1) / count), np.nan)
        return Estimate(mean, error, mean - width * error, mean + width * error, count)

    def extrapolate(self, name: str, *, order: int = 1) -> Extrapolation:
        r"""The value for :math:`N\to\infty`, by a fit of the means in powers of 1/N weighted with their errors.

        Parameters
        ----------
        name : str
            One of the measurements.
        order : {1, 2}
            Highest power of 1/N.

        Returns
        -------
        Extrapolation

        Raises
        ------
        ValueError
            If `name` was not measured, or the ensemble has no more sizes than `order`.

        Notes
        -----
        The instances of different sizes are independent, so the errors of the means are. Their loads are
        round(αN)/N: take sizes at which αN is an integer, or the rounding alike, or it enters the fit as noise.
        """
        if order not in (1, 2):
            raise ValueError(f"order must be 1 or 2; got {order!r}")
        if len(self.n) <= order:
            raise ValueError(f"a fit of order {order} needs at least {order + 1} sizes n; got {self.n.tolist()}")
        estimate = self.mean(name)
        mean, error = (np.moveaxis(a, 1, -1) for a in (estimate.mean, estimate.error))
        powers = (1.0 / self.n[:, None]) ** np.arange(order + 1)
        shape, k = mean.shape[:-1], order + 1
        rows = zip(mean.reshape(-1, len(self.n)), error.reshape(-1, len(self.n)), strict=True)
        fits = [weighted_fit(powers, *row) for row in rows]
        coefficients = np.array([fit[0] for fit in fits]).reshape(*shape, k)
        covariance = np.array([fit[1] for fit in fits]).reshape(*shape, k, k)
        chi2 = np.array([fit[2] for fit in fits]).reshape(shape)
        dof = np.array([fit[3] for fit in fits]).reshape(shape)
        value, error = coefficients[..., 0], np.sqrt(covariance[..., 0, 0])
        return Extrapolation(self.alpha, value, error, chi2, dof, coefficients, covariance)

    @property
    def rows(self) -> list[dict[str, float]]:
        """The table: a mapping for each instance, with ``alpha``, ``load``, ``n``, ``sample`` and the measurements.

        Local entropies are named by their distance, ``local_entropy_0.1``.
        """
        table = []
        for i, j, k in np.ndindex(len(self.alpha), len(self.n), self.samples):
            row = {"alpha": float(self.alpha[i]), "load": float(self.load[i, j]), "n": int(self.n[j]), "sample": k}
            for name, values in self.values.items():
                if name == "local_entropy":
                    row |= {f"{name}_{d:g}": float(x) for d, x in zip(self.distance, values[i, j, k], strict=True)}
                else:
                    row[name] = float(values[i, j, k])
            table.append(row)
        return table

    def to_csv(self) -> str:
        """The table of instances as CSV with a header line, all digits."""
        text, rows = io.StringIO(), self.rows
        writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        return text.getvalue()

    def to_xarray(self) -> Any:
        """The measurements as an `xarray.Dataset` over ``alpha``, ``n``, ``sample`` (and ``distance``).

        Loads, sizes, samples and distances are coordinates, as is the `load` P/N that instances have. Variables carry
        ``long_name`` and ``units``, the dataset the model, the seed, the version of this package and all settings.

        Raises
        ------
        ModuleNotFoundError
            If xarray is not installed (extra ``data``).
        """
        place = ("alpha", "n", "sample")
        variables = {
            name: Variable((*place, "distance")[: values.ndim], values, QUANTITIES.get(name, Quantity(name)))
            for name, values in self.values.items()
        }
        coordinates = {
            "alpha": Variable(("alpha",), self.alpha, Quantity("load asked for, patterns per weight")),
            "n": Variable(("n",), self.n, Quantity("number of weights N")),
            "sample": Variable(("sample",), np.arange(self.samples), Quantity("number of the instance")),
            "load": Variable(("alpha", "n"), self.load, Quantity("load of the instances, round(alpha N)/N")),
            "distance": Variable(("distance",), self.distance, Quantity("distance from the solution found")),
        }
        attributes = {
            "model": self.model,
            "seed": self.root if self.root < 2**63 else str(self.root),
            "measurements": list(self.values),
            "solver": self.solver,
            "method": self.method,
            "solver_runs": self.solver_runs,
            "solver_options": dict(self.solver_options),
        }
        description = f"Measurements on {self.samples} random instances of each load and size"
        return make_dataset(self, description, variables, coordinates, attributes)

    @classmethod
    def from_xarray(cls, dataset: Any) -> Self:
        """The ensemble that a dataset of `to_xarray` was made of.

        Raises
        ------
        ValueError
            If the dataset lacks something.
        """
        known = read_attributes(dataset)
        try:
            alpha, n, distance = (dataset[name].values for name in ("alpha", "n", "distance"))
            values = MappingProxyType({name: dataset[name].values for name in known.pop("measurements")})
            return cls(known.pop("model"), alpha, n, distance, values, int(known.pop("seed")), dataset.sizes["sample"],
                       **known)  # fmt: skip
        except (KeyError, TypeError) as error:
            raise ValueError(f"it is no {cls.__name__}: {error}") from None

    def _measured(self, name: str) -> Array:
        if name not in self.values:
            raise ValueError(f"name must be one of {', '.join(map(repr, self.values))}; got {name!r}")
        return self.values[name]


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
        If the messages of an instance do not fit in memory.
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
            cluster = SLURMCluster(cores=1, processes=1, memory="4GB", walltime="04:00:00",
                                   job_script_prologue=["export OMP_NUM_THREADS=1 NUMBA_NUM_THREADS=1"])
            cluster.scale(jobs=64)
            with Client(cluster) as client, client.get_executor() as executor:
                result = bp.ensemble(model, [0.5, 0.6], [1001, 2001], 64, rng=1, executor=executor, folder="run")

    (``Client()`` alone starts workers on this machine.) With MPI, started as
    ``mpiexec -n 65 python -m mpi4py.futures script.py``::

        from mpi4py.futures import MPIPoolExecutor

        if __name__ == "__main__":
            with MPIPoolExecutor() as executor:
                result = bp.ensemble(model, [0.5, 0.6], [1001, 2001], 64, rng=1, executor=executor, folder="run")

    The folder belongs to the process that makes the call: workers need not see it.

    Examples
    --------
    >>> import replica_theory as rt
    >>> result = ensemble(rt.BinaryPerceptron(), 0.5, [101, 201], 4, ["entropy", "solved"], rng=1)
    >>> result.values["entropy"].shape
    (1, 2, 4)
    >>> result.extrapolate("entropy").value.shape
    (1,)
    """
    loads, sizes = _checked_grid(model, alpha, n)
    names = _checked_measurements(model, measurements)
    distances = _checked_distances(distance) if "local_entropy" in names else ()
    _checked_choice("solver", solver, solvers())
    _checked_choice("method", method, get_args(Method))
    samples, solver_runs = _checked_integer("samples", samples, 1), _checked_integer("solver_runs", solver_runs, 2)
    options = json.loads(json.dumps(dict(solver_options or {})))
    if method != "amp":
        require_edges(method, round(max(loads) * max(sizes)), max(sizes))
    root = root_seed(rng, folder)
    jobs = tuple(
        Job(model, loads[i], sizes[j], root, (i, j, k), names, solver, options, solver_runs, method, distances)
        for i, j, k in product(range(len(loads)), range(len(sizes)), range(samples))
    )
    store = None if folder is None else PointStore(folder, _settings(jobs[0], loads, sizes))
    points = run_points(measure, jobs, columns=names, store=store, executor=executor, label="ensemble")
    shape = (len(loads), len(sizes), samples)
    values = {x: np.array([point[x] for point in points]).reshape(*shape, *points[0][x].shape) for x in names}
    _report(values)
    axes = np.array(loads), np.array(sizes), np.array(distances)
    table = MappingProxyType(values)
    return Ensemble(model, *axes, table, root, samples, solver, method, solver_runs, options)


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


def _report(values: Mapping[str, Array]) -> None:
    """Warn once of messages that did not converge; that nothing was found to measure around is no failure."""
    names = [name for name in ("entropy", "energy", "overlap", "generalization_error") if name in values]
    failed = {name: int(np.isnan(values[name]).sum()) for name in names}
    if any(failed.values()):
        kinds = ", ".join(f"{name} {number}" for name, number in failed.items() if number)
        warnings.warn(f"ensemble: messages did not converge, NaN on so many instances: {kinds}", ConvergenceWarning,
                      stacklevel=3)  # fmt: skip


def _settings(job: Job, loads: Sequence[float], sizes: Sequence[int]) -> dict[str, Any]:
    """What the points of a run depend on (not their number)."""
    return {
        "model": type(job.model).__name__,
        "kappa": float(np.asarray(job.model.kappa)),
        "beta": float(np.asarray(job.model.beta)),
        "alpha": loads,
        "n": sizes,
        "seed": job.root,
        "measurements": job.measurements,
        "distance": job.distance,
        "method": job.method,
        "solver": job.solver,
        "solver_options": job.solver_options,
        "solver_runs": job.solver_runs,
    }


def _checked_grid(model: Model, alpha: ArrayLike, n: ArrayLike) -> tuple[tuple[float, ...], tuple[int, ...]]:
    if not isinstance(model, Model):
        raise TypeError(f"model must be a model such as replica_theory.BinaryPerceptron(); got {model!r}")
    if not isinstance(model, BinaryPerceptron | SymmetricBinaryPerceptron):
        known = "BinaryPerceptron, TeacherStudent or SymmetricBinaryPerceptron"
        raise TypeError(f"model must be one that instances can be drawn of, {known}; got {model!r}")
    if np.ndim(model.kappa) or np.ndim(model.beta):
        raise ValueError(f"model must have a single kappa and beta; got {model}")
    loads = _checked_numbers("alpha", alpha, "positive and finite", lambda a: 0 < a < np.inf)
    sizes = tuple(_checked_integer("n", size, 1) for size in np.ravel(np.asarray(n)).tolist())
    if not sizes:
        raise ValueError(f"n must hold at least one number; got {n!r}")
    for name, values in (("alpha", loads), ("n", sizes)):
        if len(set(values)) < len(values):
            raise ValueError(f"{name} must hold different numbers; got {list(values)}")
    if round(min(loads) * min(sizes)) < 1:
        least = 0.5 / min(sizes)
        raise ValueError(f"alpha={min(loads)} at n={min(sizes)} gives no patterns; alpha must be at least {least:.3g}")
    return loads, sizes


def _checked_measurements(model: Model, measurements: Sequence[str]) -> tuple[str, ...]:
    names = (measurements,) if isinstance(measurements, str) else tuple(measurements)
    if not names or len(set(names)) < len(names):
        raise ValueError(f"measurements must be one or more different names; got {list(names)}")
    for name in names:
        _checked_choice("measurements", name, list(MEASUREMENTS))
    if "generalization_error" in names and not model.has_teacher:
        raise ValueError(f"measurements: 'generalization_error' needs a model with a teacher; got {model}")
    if "energy" in names and np.isposinf(model.beta):
        raise ValueError(f"measurements: 'energy' is zero at beta = inf, it needs a finite beta; got {model}")
    return names


def _checked_distances(distance: ArrayLike) -> tuple[float, ...]:
    return _checked_numbers("distance", distance, "in (0, 1/2]", lambda d: 0 < d <= 0.5)


def _checked_numbers(name: str, values: ArrayLike, allowed: str, test: Callable[[float], bool]) -> tuple[float, ...]:
    try:
        numbers = tuple(float(x) for x in np.ravel(np.asarray(values, dtype=np.float64)))
    except (TypeError, ValueError):
        raise TypeError(f"{name} must be a real number or a sequence of them; got {values!r}") from None
    if not numbers or not all(map(test, numbers)):
        raise ValueError(f"{name} must be one or more numbers, {allowed}; got {values!r}")
    return numbers


def _checked_integer(name: str, value: Any, least: int) -> int:
    if not isinstance(value, int | np.integer) or isinstance(value, bool):
        raise TypeError(f"{name} must be an integer of at least {least}; got {value!r}")
    if value < least:
        raise ValueError(f"{name} must be an integer of at least {least}; got {value!r}")
    return int(value)


def _checked_choice(name: str, value: Any, known: Sequence[str]) -> None:
    if value not in known:
        raise ValueError(f"{name} must be one of {', '.join(map(repr, known))}; got {value!r}")
