"""Theory against simulation: replica-symmetric and Franz-Parisi entropies beside measurements on instances."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor, as_completed
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray
from tqdm import tqdm

from bp.files import replace_file
from bp.instance import Rng, random_instance
from bp.local_entropy import local_entropy
from bp.memory import require_memory
from bp.propagation import Method, belief_propagation, require_edges
from bp.solvers import solve
from bp.store import Point, PointStore, require_writable, save_npz, stored_settings
from replica_theory import __version__
from replica_theory.franz_parisi import checked_distance, franz_parisi
from replica_theory.models import Model
from replica_theory.replica_symmetric import ReplicaSymmetric, checked_alpha, replica_symmetric
from replica_theory.status import silenced

if TYPE_CHECKING:  # pragma: no cover
    from matplotlib.figure import Figure

Array = NDArray[np.float64]
Expected = Literal["equal", "above"]

DISTANCES = (0.01, 0.02, 0.05, 0.1, 0.15)

_DRAWING = 5  # bytes per entry of the patterns while an instance is drawn and checked
_COLUMNS = (
    "alpha",
    "entropy",
    "overlap",
    "teacher_overlap",
    "bp_iterations",
    "solved",
    "solver_iterations",
    "distance",
    "local_entropy",
    "weights",
)


@dataclass(frozen=True)
class Row:
    """One comparison.

    Attributes
    ----------
    quantity : str
    alpha : float
        Load P/N of the instances (the one asked for, up to rounding of P).
    distance : float
        NaN for quantities that have none.
    theory, simulation, standard_error : float
        Value for N → ∞; mean over the instances; its standard error, estimated from the same instances.
    z : float
        Simulation minus theory in standard errors. The error being estimated, `z` follows Student's t distribution with
        ``samples - 1`` degrees of freedom, not a Gaussian: with 4 instances it is beyond ±3.2 once in 20 times. NaN
        where the instances do not scatter (symmetric constraint: compare the values themselves).
    samples : int
        Instances that contributed (those where the measurement converged).
    expected : {"equal", "above"}
        Whether theory and simulation are the same quantity, or the simulation samples a denser place than the theory.
    """

    quantity: str
    alpha: float
    distance: float
    theory: float
    simulation: float
    standard_error: float
    z: float
    samples: int
    expected: Expected


@dataclass(frozen=True, eq=False)
class Crosscheck:
    """Outcome of `crosscheck`: the table and everything it was made of.

    Attributes
    ----------
    model : Model
    n : int
    seed : int
    method : str
        Messages of the Bethe entropy.
    rows : tuple of Row
    points : list of dict
        The measurements of every instance, in the order alpha by alpha, sample by sample: arrays ``alpha``,
        ``entropy``, ``overlap``, ``teacher_overlap`` (NaN where not measured), ``bp_iterations``, ``solved``,
        ``solver_iterations``, ``distance``, ``local_entropy`` and the ``weights`` found.
    """

    model: Model
    n: int
    seed: int
    method: Method
    rows: tuple[Row, ...]
    points: list[Point]

    def __str__(self) -> str:
        """The table as aligned text."""
        head = f"{'quantity':<16}{'alpha':>7}{'d':>7}{'theory':>12}{'simulation':>12}{'std.err.':>10}{'z':>8}{'n':>5}"
        lines = [head + "  expected"]
        for row in self.rows:
            distance = "" if np.isnan(row.distance) else f"{row.distance:.3g}"
            z = f"{row.z:>8.2f}" if np.isfinite(row.z) else f"{'':>8}"
            lines.append(
                f"{row.quantity:<16}{row.alpha:>7.3g}{distance:>7}{row.theory:>12.6f}{row.simulation:>12.6f}"
                f"{row.standard_error:>10.6f}{z}{row.samples:>5}  {row.expected}"
            )
        return "\n".join(lines)

    def to_csv(self) -> str:
        """The table as CSV with a header line."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow([field.name for field in fields(Row)])
        writer.writerows([list(asdict(row).values()) for row in self.rows])
        return text.getvalue()

    def save(self, folder: str | os.PathLike[str]) -> list[Path]:
        """Write the results to a folder: ``crosscheck.csv``, ``crosscheck.npz`` (everything) and ``crosscheck.png``.

        Parameters
        ----------
        folder : path
            Created if it does not exist. Each file is written completely or not at all.

        Returns
        -------
        list of Path
            Paths of the three files.

        Raises
        ------
        OSError
            If the folder cannot be written.
        """
        folder = Path(folder)
        require_writable(folder)
        paths = [folder / f"crosscheck.{kind}" for kind in ("csv", "npz", "png")]
        replace_file(paths[0], self.to_csv().encode())
        save_npz(paths[1], self._arrays())
        picture = io.BytesIO()
        self.plot().savefig(picture, format="png", dpi=150)
        replace_file(paths[2], picture.getvalue())
        return paths

    def _arrays(self) -> dict[str, Any]:
        measured = {name: np.stack([point[name] for point in self.points]) for name in _COLUMNS}
        table = {
            f"table_{field.name}": np.array([getattr(row, field.name) for row in self.rows]) for field in fields(Row)
        }
        settings = {"model": type(self.model).__name__, "kappa": self.model.kappa, "n": self.n, "seed": str(self.seed)}
        return measured | table | settings | {"method": self.method}

    def plot(self) -> Figure:
        """Entropy against load, and local entropies against distance, theory as lines and simulation as points.

        Returns
        -------
        matplotlib Figure
        """
        from matplotlib.figure import Figure

        figure = Figure(figsize=(11.5, 4.2), layout="constrained")
        entropy, local = figure.subplots(1, 2)
        self._plot_entropy(entropy)
        self._plot_local(local)
        figure.suptitle(f"{_describe(self.model)}: theory (lines) and instances of N = {self.n} (points)", fontsize=11)
        return figure

    def _plot_entropy(self, ax: Any) -> None:
        alphas = [row.alpha for row in self.rows if row.quantity == "entropy"]
        grid = np.linspace(0.02, 1.15 * max(alphas), 120)
        with silenced():
            curve = np.asarray(replica_symmetric(self.model, grid).entropy)
        ax.plot(grid, np.where(curve > -0.02, curve, np.nan), color="0.25", label="replica symmetric")
        self._errorbars(ax, "entropy", lambda row: row.alpha, label="Bethe entropy", color="C0")
        ax.axhline(0, color="0.8", lw=0.8)
        ax.set(xlabel=r"load $\alpha$", ylabel="entropy (nats per weight)")
        ax.legend(frameon=False)

    def _plot_local(self, ax: Any) -> None:
        alphas = sorted({row.alpha for row in self.rows if row.quantity == "local entropy"})
        grid = np.concatenate([np.geomspace(0.002, 0.02, 15), np.linspace(0.025, 0.5, 60)])
        for k, alpha in enumerate(alphas):
            color = f"C{k}"
            if not self.model.has_teacher:
                with silenced():
                    theory = franz_parisi(self.model, alpha, grid)
                label = rf"Franz-Parisi, $\alpha={alpha:.3g}$"
                ax.plot(grid, np.where(theory.entropy > -0.02, theory.entropy, np.nan), color=color, label=label)
            label = "around focusing-BP solutions" if k == 0 else ""
            self._errorbars(ax, "local entropy", lambda row: row.distance, label=label, color=color, alpha=alpha)
        ax.axhline(0, color="0.8", lw=0.8)
        ax.set(xlabel="distance $d$", ylabel="local entropy (nats per weight)")
        ax.legend(frameon=False, fontsize=9, loc="upper left", bbox_to_anchor=(1.0, 1.0))

    def _errorbars(self, ax: Any, quantity: str, position: Any, *, label: str, color: str, alpha: Any = None) -> None:
        rows = [r for r in self.rows if r.quantity == quantity and (alpha is None or r.alpha == alpha)]
        x, y, error = ([f(r) for r in rows] for f in (position, lambda r: r.simulation, lambda r: r.standard_error))
        ax.errorbar(x, y, yerr=np.nan_to_num(error), fmt="o", ms=4, capsize=2, color=color, label=label)


@dataclass(frozen=True)
class Job:
    """One instance to work on; everything that its measurements depend on."""

    model: Model
    alpha: float
    n: int
    distances: tuple[float, ...]
    method: Method
    seed: int
    alpha_index: int
    sample: int

    @property
    def name(self) -> str:
        """Name of the point on disk."""
        return f"{self.alpha_index}-{self.sample}"


def crosscheck(
    model: Model,
    alpha: ArrayLike,
    n: int = 1001,
    samples: int = 8,
    rng: Rng = None,
    *,
    distance: float | Sequence[float] = DISTANCES,
    method: Method = "gaussian",
    executor: Executor | None = None,
    folder: str | os.PathLike[str] | None = None,
) -> Crosscheck:
    r"""Compare theory and simulation for a model, load by load.

    On each of `samples` random instances at each load: belief propagation gives the Bethe entropy and the overlap
    :math:`q = \frac1N\sum_i m_i^2`, to compare with the replica-symmetric ones; focusing BP gives a solution, and
    belief propagation the local entropy around it. Beside the latter stands the Franz-Parisi entropy (around typical
    solutions): algorithms find solutions in denser regions, so the simulation should lie above it near the reference
    (far from it, towards the typical distance, the order may change).

    Parameters
    ----------
    model : Model
        Scalar parameters, ``beta = inf``.
    alpha : float or sequence of float
        Loads. The instances have :math:`P = \mathrm{round}(\alpha N)` patterns, and the theory is taken at P/N.
    n, samples : int
        Weights, and instances at each load; at least 2.
    rng : int, SeedSequence, Generator or None
        Root of all seeds; instance `k` at load `j` depends on the root, `j` and `k` alone. None takes the root of the
        run found in `folder`, or a fresh one.
    distance : float or sequence of float
        Distances in (0, 1/2] at which local entropies are measured.
    method : {"gaussian", "exact", "amp"}
        Messages of the Bethe entropy, as in `belief_propagation`; ``"amp"`` for large `n`. (Solutions and local
        entropies always come from node variables.)
    executor : concurrent.futures.Executor, optional
        Where the instances are worked on; serially here by default. The result does not depend on it.
    folder : path, optional
        Every finished instance is kept there, and the same call goes on from what it finds. A larger `samples` extends
        a run.

    Returns
    -------
    Crosscheck

    Raises
    ------
    TypeError
        If `model` is not a model, or an argument is not a number where it should be.
    ValueError
        For a load that is not positive or gives no pattern, sizes below 2, a distance outside (0, 1/2], a finite beta,
        an array of margins, or a folder with other settings.
    OSError
        If `folder` cannot be written (found before any work).
    MemoryError
        If an instance and its messages do not fit in memory (estimated before any work).
    KeyboardInterrupt
        Passed on after the finished instances are safe in `folder`.

    Examples
    --------
    >>> import replica_theory as rt
    >>> check = crosscheck(rt.BinaryPerceptron(), alpha=[0.4], n=301, samples=2, rng=1, distance=[0.1])
    >>> [row.quantity for row in check.rows]
    ['entropy', 'overlap q', 'local entropy']
    """
    loads, distances = _checked(model, alpha, n, samples, distance, method)
    n, samples = int(n), int(samples)
    seed = _root(rng, folder)
    jobs = [Job(model, load, n, distances, method, seed, j, k) for j, load in enumerate(loads) for k in range(samples)]
    points = _points(jobs, executor, None if folder is None else PointStore(folder, _settings(jobs[0], loads)))
    rows = [
        row
        for j, load in enumerate(loads)
        for row in _compare(model, round(load * n) / n, distances, points[j * samples : (j + 1) * samples])
    ]
    return Crosscheck(model, n, seed, method, tuple(rows), points)


def measure(job: Job) -> Point:
    """Everything that `crosscheck` measures on one instance (NaN where a run does not converge)."""
    root = np.random.SeedSequence(job.seed, spawn_key=(job.alpha_index, job.sample))
    draw, solver = root.spawn(2)
    instance = random_instance(job.model, job.n, job.alpha, draw)
    run = belief_propagation(instance, job.method, on_failure="return")
    found = solve(instance, "focusing-bp", rng=solver, entropies=False)
    local = np.full(len(job.distances), np.nan)
    if found.solved:
        with silenced():
            local = local_entropy(instance, found.weights, np.array(job.distances), method="amp").entropy
    teacher = np.nan if instance.teacher is None else float(instance.teacher @ run.magnetizations) / job.n
    numbers = {
        "alpha": instance.alpha,
        "entropy": run.entropy if run.converged else np.nan,
        "overlap": run.overlap if run.converged else np.nan,
        "teacher_overlap": teacher if run.converged else np.nan,
        "bp_iterations": run.iterations,
        "solved": found.solved,
        "solver_iterations": found.iterations,
        "distance": job.distances,
        "local_entropy": local,
        "weights": found.weights,
    }
    return {name: np.asarray(numbers[name]) for name in _COLUMNS}


def _points(jobs: list[Job], executor: Executor | None, store: PointStore | None) -> list[Point]:
    """The measurements of all jobs, in their order: those in the store, and the others, which then go there."""
    points: dict[str, Point] = {}
    if store is not None:
        points = {job.name: point for job in jobs if (point := store.get(job.name, _COLUMNS)) is not None}
    todo = [job for job in jobs if job.name not in points]
    with tqdm(total=len(jobs), initial=len(points), disable=None, desc="crosscheck", leave=False) as bar:

        def keep(job: Job, point: Point) -> None:
            points[job.name] = point
            if store is not None:
                store.put(job.name, point)
            bar.update()

        _work(todo, executor, keep)
    return [points[job.name] for job in jobs]


def _work(jobs: Iterable[Job], executor: Executor | None, keep: Callable[[Job, Point], None]) -> None:
    """Do the jobs and keep each result as it comes; what is finished when an exception strikes is kept, too."""
    if executor is None:
        for job in jobs:
            keep(job, measure(job))
        return
    futures = {executor.submit(measure, job): job for job in jobs}
    waiting = set(futures)
    try:
        for future in as_completed(futures):
            point = future.result()
            waiting.discard(future)
            keep(futures[future], point)
    except BaseException:
        for future in waiting:
            if not future.cancel() and future.done() and future.exception() is None:
                keep(futures[future], future.result())
        raise


def _compare(model: Model, alpha: float, distances: tuple[float, ...], mine: list[Point]) -> list[Row]:
    """The rows of one load; the theory is taken at the load that the instances really have, P/N."""
    with silenced():
        theory = replica_symmetric(model, np.array([alpha]))
        curve = None if model.has_teacher else franz_parisi(model, alpha, np.array(distances))
    rows = [
        _row("entropy", alpha, np.nan, _first(theory, "entropy"), [p["entropy"] for p in mine], "equal"),
        _row("overlap q", alpha, np.nan, _first(theory, "q"), [p["overlap"] for p in mine], "equal"),
    ]
    if model.has_teacher:
        measured = [p["teacher_overlap"] for p in mine]
        rows.append(_row("teacher overlap", alpha, np.nan, _first(theory, "teacher_overlap"), measured, "equal"))
    for k, d in enumerate(distances):
        value = np.nan if curve is None else float(curve.entropy[k])
        rows.append(_row("local entropy", alpha, d, value, [p["local_entropy"][k] for p in mine], "above"))
    return rows


def _row(quantity: str, alpha: float, distance: float, theory: float, values: list[Any], expected: Expected) -> Row:
    sample = np.array(values, dtype=float)
    sample = sample[np.isfinite(sample)]
    mean = float(sample.mean()) if len(sample) else np.nan
    error = float(sample.std(ddof=1) / np.sqrt(len(sample))) if len(sample) > 1 else np.nan
    z = (mean - theory) / error if error > 1e-12 else np.nan
    return Row(quantity, alpha, distance, theory, mean, error, z, len(sample), expected)


def _first(theory: ReplicaSymmetric, name: str) -> float:
    return float(np.asarray(getattr(theory, name))[0])


def _checked(
    model: Model, alpha: ArrayLike, n: int, samples: int, distance: ArrayLike, method: Method
) -> tuple[list[float], tuple[float, ...]]:
    """Loads and distances, after refusing whatever could not be worked on."""
    if not isinstance(model, Model):
        raise TypeError(f"model must be a model such as replica_theory.BinaryPerceptron(); got {model!r}")
    if np.ndim(model.kappa) or np.ndim(model.beta) or np.isfinite(model.beta):
        raise ValueError(f"crosscheck needs a single kappa and beta = inf; got {model}")
    if method not in get_args(Method):
        raise ValueError(f"method must be one of {', '.join(map(repr, get_args(Method)))}; got {method!r}")
    for name, value in (("n", n), ("samples", samples)):
        if not isinstance(value, int | np.integer) or isinstance(value, bool):
            raise TypeError(f"{name} must be an integer of at least 2; got {value!r}")
        if value < 2:
            raise ValueError(f"{name} must be an integer of at least 2; got {value!r}")
    loads = [float(a) for a in np.ravel(checked_alpha(alpha))]
    distances = tuple(float(d) for d in np.ravel(checked_distance(distance)))
    for name, values in (("alpha", loads), ("distance", distances)):
        if not len(values):
            raise ValueError(f"{name} must hold at least one number; got {values!r}")
    if min(distances) == 0:
        raise ValueError("distance must lie in (0, 1/2]; got 0")
    if round(min(loads) * int(n)) < 1:
        raise ValueError(f"alpha={min(loads)} at n={n} gives no patterns; alpha must be at least {0.5 / n:.3g}")
    _check_memory(round(max(loads) * int(n)), int(n), method)
    return loads, distances


def _check_memory(n_patterns: int, n: int, method: Method) -> None:
    """Refuse what does not fit: the patterns while they are drawn, and the messages."""
    what = f"drawing {n_patterns} patterns on n={n} weights: these"
    require_memory(_DRAWING * n_patterns * n, what, "choose a smaller n")
    if method != "amp":
        require_edges(method, n_patterns, n)


def _settings(job: Job, loads: list[float]) -> dict[str, Any]:
    """What the points of a run depend on (not their number)."""
    return {
        "version": __version__,
        "model": type(job.model).__name__,
        "kappa": job.model.kappa,
        "alpha": loads,
        "n": job.n,
        "distance": job.distances,
        "method": job.method,
        "seed": job.seed,
    }


def _root(rng: Rng, folder: str | os.PathLike[str] | None) -> int:
    """An integer that fixes every seed of the run."""
    if rng is None and folder is not None and (settings := stored_settings(folder)) is not None:
        return int(settings["seed"])
    if isinstance(rng, int | np.integer):
        if rng < 0:
            raise ValueError(f"rng must be a non-negative seed; got {rng}")
        return int(rng)
    return int(np.random.default_rng(rng).integers(2**63))


def _describe(model: Model) -> str:
    names = {"BinaryPerceptron": "binary perceptron", "SymmetricBinaryPerceptron": "symmetric binary perceptron"}
    return f"{names.get(type(model).__name__, 'teacher-student perceptron')}, κ = {float(np.asarray(model.kappa)):g}"
