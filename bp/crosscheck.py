"""Theory against simulation: replica-symmetric and Franz-Parisi entropies beside measurements on instances."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, as_completed
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from tqdm import tqdm

from bp.instance import Rng, random_instance
from bp.local_entropy import local_entropy
from bp.propagation import belief_propagation
from bp.solvers import solve
from bp.store import Point, PointStore, save_npz
from replica_theory.franz_parisi import checked_distance, franz_parisi
from replica_theory.models import Model
from replica_theory.replica_symmetric import ReplicaSymmetric, checked_alpha, replica_symmetric
from replica_theory.status import silenced

if TYPE_CHECKING:  # pragma: no cover
    from matplotlib.figure import Figure

Array = NDArray[np.float64]
Expected = Literal["equal", "above"]

DISTANCES = (0.01, 0.02, 0.05, 0.1, 0.15)


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
    theory, simulation, standard_error, z : float
        Value for N → ∞; mean over the instances, its standard error; their difference in standard errors.
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
    rows : tuple of Row
    points : list of dict
        The measurements of every instance, in the order alpha by alpha, sample by sample.
    """

    model: Model
    n: int
    seed: int
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
        """Write ``crosscheck.csv``, ``crosscheck.npz`` and ``crosscheck.png`` into a folder; returns their paths."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        paths = [folder / f"crosscheck.{kind}" for kind in ("csv", "npz", "png")]
        paths[0].write_text(self.to_csv())
        stacked = {name: np.stack([point[name] for point in self.points]) for name in self.points[0]}
        table = {
            f"table_{field.name}": np.array([getattr(row, field.name) for row in self.rows]) for field in fields(Row)
        }
        save_npz(paths[1], stacked | table | {"seed": np.array(self.seed), "kappa": np.array(self.model.kappa)})
        figure = self.plot()
        figure.savefig(paths[2], dpi=150)
        return paths

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


def crosscheck(
    model: Model,
    alpha: ArrayLike,
    n: int = 1001,
    samples: int = 8,
    rng: Rng = None,
    *,
    distance: Sequence[float] = DISTANCES,
    executor: Executor | None = None,
    folder: str | os.PathLike[str] | None = None,
    progress: bool = False,
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
        Loads.
    n, samples : int
        Weights, and instances a load.
    rng : int, SeedSequence, Generator or None
        Root of all seeds; instance `k` at load `j` depends on the root, `j` and `k` alone.
    distance : sequence of float
        Distances in (0, 1/2] at which local entropies are measured.
    executor : concurrent.futures.Executor, optional
        Where the instances are worked on; serially here by default.
    folder : path, optional
        Every finished instance is kept there, and the same call goes on from what it finds.
    progress : bool
        Whether to show a progress bar.

    Returns
    -------
    Crosscheck

    Raises
    ------
    ValueError
        For a load that is not positive, sizes below 2, a distance outside (0, 1/2], a finite beta, or a folder with
        other settings.
    KeyboardInterrupt
        Passed on after the finished instances are safe in `folder`.

    Examples
    --------
    >>> import replica_theory as rt
    >>> check = crosscheck(rt.BinaryPerceptron(), alpha=[0.4], n=301, samples=2, rng=1, distance=[0.1])
    >>> [row.quantity for row in check.rows]
    ['entropy', 'overlap q', 'local entropy']
    """
    loads, distances = _checked(model, alpha, n, samples, distance)
    seed = _root(rng)
    settings = {"model": type(model).__name__, "kappa": model.kappa, "alpha": loads, "n": n, "seed": seed}
    store = PointStore(folder, settings | {"distance": distances}) if folder is not None else None
    jobs = [(model, load, n, distances, seed, j, k) for j, load in enumerate(loads) for k in range(samples)]
    points: dict[str, Point] = {}
    names = [f"{j}-{k}" for *_, j, k in jobs]
    if store is not None:
        points = {name: point for name in names if (point := store.get(name)) is not None}
    todo = {name: job for name, job in zip(names, jobs, strict=True) if name not in points}
    with tqdm(total=len(jobs), initial=len(points), disable=not progress, unit="instance", leave=False) as bar:
        for name, point in _work(todo, executor):
            points[name] = point
            if store is not None:
                store.put(name, point)
            bar.update()
    ordered = [points[name] for name in names]
    rows = [
        row
        for j, load in enumerate(loads)
        for row in _compare(model, round(load * n) / n, distances, ordered[j * samples : (j + 1) * samples])
    ]
    return Crosscheck(model, n, seed, tuple(rows), ordered)


def measure(
    model: Model, alpha: float, n: int, distances: list[float], seed: int, alpha_index: int, sample: int
) -> Point:
    """Everything that `crosscheck` measures on one instance (NaN where a run does not converge)."""
    draw, solver = np.random.SeedSequence(seed, spawn_key=(alpha_index, sample)).spawn(2)
    instance = random_instance(model, n, alpha, draw)
    run = belief_propagation(instance, damping=0.3, on_failure="return")
    found = solve(instance, "focusing-bp", rng=solver, entropies=False)
    local = np.full(len(distances), np.nan)
    if found.solved:
        with silenced():
            local = local_entropy(instance, found.weights, np.array(distances), method="amp").entropy
    teacher = np.nan if instance.teacher is None else float(instance.teacher @ run.magnetizations) / n
    numbers = {
        "alpha": alpha,
        "entropy": run.entropy if run.converged else np.nan,
        "overlap": run.overlap if run.converged else np.nan,
        "teacher_overlap": teacher if run.converged else np.nan,
        "bp_iterations": run.iterations,
        "solved": found.solved,
        "solver_iterations": found.iterations,
        "distance": distances,
        "local_entropy": local,
        "weights": found.weights,
    }
    return {name: np.asarray(value) for name, value in numbers.items()}


def _work(jobs: dict[str, Any], executor: Executor | None) -> Iterator[tuple[str, Point]]:
    """Finished points as they come."""
    if executor is None:
        for name, job in jobs.items():
            yield name, measure(*job)
        return
    futures = {executor.submit(measure, *job): name for name, job in jobs.items()}
    try:
        for future in as_completed(futures):
            yield futures[future], future.result()
    finally:
        for future in futures:
            future.cancel()


def _compare(model: Model, alpha: float, distances: list[float], mine: list[Point]) -> list[Row]:
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
    model: Model, alpha: ArrayLike, n: int, samples: int, distance: Sequence[float]
) -> tuple[list[float], list[float]]:
    if np.ndim(model.kappa) or np.ndim(model.beta) or np.isfinite(model.beta):
        raise ValueError(f"crosscheck needs a single kappa and beta = inf; got {model}")
    for name, value in (("n", n), ("samples", samples)):
        if not (isinstance(value, int | np.integer) and value >= 2):
            raise ValueError(f"{name} must be an integer of at least 2; got {value!r}")
    loads = [float(a) for a in np.atleast_1d(checked_alpha(alpha))]
    distances = [float(d) for d in np.atleast_1d(checked_distance(distance))]
    if min(distances) == 0:
        raise ValueError("distance must lie in (0, 1/2]; got 0")
    return loads, distances


def _root(rng: Rng) -> int:
    """An integer that fixes every seed of the run."""
    if isinstance(rng, int | np.integer):
        return int(rng)
    return int(np.random.default_rng(rng).integers(2**63))


def _describe(model: Model) -> str:
    names = {"BinaryPerceptron": "binary perceptron", "SymmetricBinaryPerceptron": "symmetric binary perceptron"}
    return f"{names.get(type(model).__name__, 'teacher-student perceptron')}, κ = {float(np.asarray(model.kappa)):g}"
