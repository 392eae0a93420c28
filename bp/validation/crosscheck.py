"""Theory against simulation: every comparison that a model allows, in one table with standard errors."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import asdict, dataclass, fields
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import numpy as np
from numpy.typing import ArrayLike

from bp.execution.jobs import run_points
from bp.execution.store import Point, PointStore, require_writable, root_seed, save_npz
from bp.memory import require_memory
from bp.messages.edges import require_edges
from bp.messages.state import Method
from bp.randomness import Rng
from bp.validation.comparisons import COMPARISONS, Expected, Job, Measured, Row
from bp.validation.picture import picture
from replica_theory.arguments import checked_alpha, checked_distance
from replica_theory.models.model import Model
from replica_theory.models.registry import particulars
from replica_theory.results.files import replace_file

if TYPE_CHECKING:  # pragma: no cover
    from matplotlib.figure import Figure

__all__ = ["COMPARISONS", "DISTANCES", "Crosscheck", "Expected", "Row", "crosscheck", "stored_call"]

DISTANCES = (0.02, 0.05, 0.1, 0.15)

_DRAWING = 5  # bytes per entry of the patterns while an instance is drawn and checked
_CALL = "call.json"  # beside the points: what was asked for last
_CALL_KEYS = {"model", "kappa", "alpha", "n", "distance", "method", "seed", "samples", "comparisons"}


@dataclass(frozen=True, eq=False)
class Crosscheck:
    """Outcome of `crosscheck`: the table and everything it was made of.

    Attributes
    ----------
    model : Model
    n : tuple of int
        Sizes.
    samples : int
        Instances at each load and size.
    seed : int
    method : str
        Messages of the Bethe entropy.
    comparisons : tuple of str
    rows : tuple of Row
        Comparison by comparison, load by load.
    points : mapping of str to mapping of int to list of dict
        The measurements of every comparison at every size, as dicts of arrays: load by load, sample by sample.
    """

    model: Model
    n: tuple[int, ...]
    samples: int
    seed: int
    method: Method
    comparisons: tuple[str, ...]
    rows: tuple[Row, ...]
    points: Mapping[str, Mapping[int, list[Point]]]

    def __str__(self) -> str:
        """The table as aligned text."""
        return "\n".join([_HEAD, *map(_line, self.rows)])

    def to_csv(self) -> str:
        """The table as CSV with a header line; the last column is the discrepancy."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow([*(field.name for field in fields(Row)), "discrepancy"])
        writer.writerows([[*asdict(row).values(), row.discrepancy] for row in self.rows])
        return text.getvalue()

    def save(self, folder: str | os.PathLike[str]) -> list[Path]:
        """Write the results to a folder: ``crosscheck.csv``, ``crosscheck.npz`` (everything) and ``crosscheck.png``.

        In the ``.npz`` the measurements are named ``comparison/column/N`` and have the shape (loads, samples, ...), the
        columns of the table ``table/name``.

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
        image = io.BytesIO()
        self.plot().savefig(image, format="png", dpi=150)
        replace_file(paths[2], image.getvalue())
        return paths

    def _arrays(self) -> dict[str, Any]:
        arrays: dict[str, Any] = {
            f"table/{field.name}": np.array([getattr(row, field.name) for row in self.rows]) for field in fields(Row)
        }
        for name, sizes in self.points.items():
            for (n, points), column in product(sizes.items(), COMPARISONS[name].columns):
                stacked = np.stack([point[column] for point in points])
                arrays[f"{name}/{column}/{n}"] = stacked.reshape(
                    len(points) // self.samples, self.samples, *stacked.shape[1:]
                )
        settings = {"model": type(self.model).__name__, "kappa": self.model.kappa, "n": self.n, "seed": str(self.seed)}
        return arrays | settings | particulars(self.model) | {"method": self.method}

    def plot(self) -> Figure:
        """What was compared, theory as lines and simulation as points, and the z-scores of rows that should agree.

        Returns
        -------
        matplotlib Figure
        """
        return picture(self.model, self.rows)


def crosscheck(
    model: Model,
    alpha: ArrayLike,
    n: ArrayLike = 1001,
    samples: int = 8,
    rng: Rng = None,
    *,
    comparisons: str | Sequence[str] | None = None,
    distance: float | Sequence[float] = DISTANCES,
    method: Method = "amp",
    executor: Executor | None = None,
    folder: str | os.PathLike[str] | None = None,
) -> Crosscheck:
    r"""Compare theory and simulation for a model, load by load, in one table with z-scores.

    Parameters
    ----------
    model : Model
        One that instances can be drawn of, scalar parameters, ``beta = inf``.
    alpha : float or sequence of float
        Loads. The instances have :math:`P = \mathrm{round}(\alpha N)` patterns, and the theory is taken at P/N.
    n : int or sequence of int
        Weights. With several sizes the table has rows for :math:`N = \infty`, from straight lines in 1/N through the
        discrepancies; take odd ones, and such that the rounding of P is alike.
    samples : int
        Instances at each load and size, at least 2.
    rng : int, SeedSequence, Generator or None
        Root of all seeds; what is measured on instance `k` at load `j` and size `n` depends on the root, `j`, `k` and
        `n` alone. None takes the root of the run found in `folder`, or a fresh one.
    comparisons : sequence of str, or "all", optional
        What to compare, any of

        - ``"entropy"``: entropy, overlap and teacher overlap, replica symmetric ↔ belief propagation;
        - ``"enumeration"``: entropy, replica symmetric ↔ all solutions of small instances ↔ belief propagation on them,
          and the Franz-Parisi entropy ↔ solutions around solutions, extrapolated from N = 12 to 24;
        - ``"energy"``: energy at beta = 1.5, replica symmetric ↔ belief propagation ↔ Monte Carlo, extrapolated from
          N = 101 to 401;
        - ``"state-evolution"``: overlaps of AMP iteration by iteration;
        - ``"planted"`` (teacher at kappa = 0, even constraint): Franz-Parisi ↔ belief propagation around the teacher,
          or around a planted solution;
        - ``"focusing"`` (random labels, odd constraint): overlaps and local entropy of focusing BP at given gamma and
          y, its own theory ↔ the algorithm, and the robust ensemble, which it approximates;
        - ``"solutions"``: local entropies around the solutions that every solver finds, above the Franz-Parisi entropy
          and below the bound at y = inf.

        By default all that apply to the model but ``"enumeration"`` and ``"focusing"``.
    distance : float or sequence of float
        Distances in (0, 1/2] at which local entropies are measured.
    method : {"amp", "gaussian", "exact"}
        Messages of the Bethe entropy, as in `belief_propagation`. (Solutions and local entropies always come from node
        variables.)
    executor : concurrent.futures.Executor, optional
        Where the instances are worked on; in this process by default. The result does not depend on it. See `ensemble`
        for processes, Dask and MPI.
    folder : path, optional
        Every finished instance is kept there, and the same call goes on from what it finds. A larger `samples` or
        further `comparisons` extend a run.

    Returns
    -------
    Crosscheck

    Raises
    ------
    TypeError
        If `model` is not a model, or an argument is not a number where it should be.
    ValueError
        For a load that is not positive or gives no pattern, sizes below 2, a distance outside (0, 1/2], a finite beta,
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
    loads, distances, sizes, samples = _checked(model, alpha, n, samples, distance, method)
    names = _checked_comparisons(model, comparisons)
    seed = root_seed(rng, folder)
    jobs = [
        Job(name, model, load, size, distances, method, seed, i, k)
        for name in names
        for size in sorted(COMPARISONS[name].sizes(sizes), reverse=True)  # long jobs first: no worker ends alone
        for i, load in enumerate(loads)
        for k in range(samples)
    ]
    store = None if folder is None else PointStore(folder, _settings(jobs[0], loads, sizes))
    if store is not None:
        _remember(store, jobs[0], loads, sizes, samples, names)
    done = run_points(measure, jobs, columns=_columns, store=store, executor=executor, label="crosscheck")
    points: dict[str, dict[int, list[Point]]] = {name: {} for name in names}
    for job, point in zip(jobs, done, strict=True):
        points[job.comparison].setdefault(job.n, []).append(point)
    rows = tuple(_rows(model, loads, distances, samples, points))
    return Crosscheck(model, sizes, samples, seed, method, names, rows, points)


def measure(job: Job) -> Point:
    """What a comparison measures on one instance."""
    return COMPARISONS[job.comparison].measure(job)


def stored_call(folder: str | os.PathLike[str]) -> dict[str, Any]:
    """What the last `crosscheck` in a folder was asked for, as JSON values by argument.

    Raises
    ------
    ValueError
        If there is no run to go on with, or the file that tells is damaged.
    OSError
        If it may not be read.
    """
    path = Path(folder) / "points" / _CALL
    try:
        call = json.loads(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        raise ValueError(f"there is nothing to resume in {folder}: no run of crosscheck was begun there") from None
    except ValueError:
        call = None
    if not isinstance(call, dict) or not call.keys() >= _CALL_KEYS:
        raise ValueError(f"{path} is damaged: it does not tell what was asked for; give the settings instead")
    return call


def _columns(job: Job) -> tuple[str, ...]:
    return COMPARISONS[job.comparison].columns


def _rows(
    model: Model,
    loads: Sequence[float],
    distances: tuple[float, ...],
    samples: int,
    points: Mapping[str, Mapping[int, list[Point]]],
) -> Iterable[Row]:
    for name, by_size in points.items():
        for i, load in enumerate(loads):
            mine = {n: by_size[n][i * samples : (i + 1) * samples] for n in sorted(by_size)}
            yield from COMPARISONS[name].rows(Measured(model, load, distances, mine))


_HEAD = (
    f"{'quantity':<20}{'alpha':>7}{'N':>6}{'where':>16}{'theory':>11}{'simulation':>12}{'std.err.':>10}{'z':>8}"
    f"{'n':>6}  expected  theory ↔ simulation"
)


def _line(row: Row) -> str:
    size = "∞" if np.isinf(row.n) else f"{row.n:.0f}"
    z = f"{row.z:>8.2f}" if np.isfinite(row.z) else f"{'':>8}"
    numbers = f"{row.theory:>11.6f}{row.simulation:>12.6f}{row.standard_error:>10.6f}{z}{row.samples:>6}"
    gap = f" ({row.discrepancy:+.4f})" if np.isfinite(row.discrepancy) else ""
    fails = f"; fails: {row.assumption}{gap}" if row.assumption else ""
    labels = f"  {row.expected:<8}  {row.theory_source} ↔ {row.simulation_source}{fails}"
    return f"{row.quantity:<20}{row.alpha:>7.3g}{size:>6}{row.where:>16}{numbers}{labels}"


def _checked(
    model: Model, alpha: ArrayLike, n: ArrayLike, samples: int, distance: ArrayLike, method: Method
) -> tuple[list[float], tuple[float, ...], tuple[int, ...], int]:
    """Loads, distances, sizes and samples, after refusing whatever could not be worked on."""
    if not isinstance(model, Model):
        raise TypeError(f"model must be a model such as replica_theory.BinaryPerceptron(); got {model!r}")
    if np.ndim(model.kappa) or np.ndim(model.beta) or np.isfinite(model.beta):
        raise ValueError(f"crosscheck needs a single kappa and beta = inf; got {model}")
    if model.allowed_intervals is None:
        raise TypeError(f"model must be a hard constraint, such as a margin or an IntervalModel; got {model!r}")
    if method not in get_args(Method):
        raise ValueError(f"method must be one of {', '.join(map(repr, get_args(Method)))}; got {method!r}")
    sizes = tuple(_checked_integer("n", size) for size in np.ravel(np.asarray(n)).tolist())
    samples = _checked_integer("samples", samples)
    loads = [float(a) for a in np.ravel(checked_alpha(alpha))]
    distances = tuple(float(d) for d in np.ravel(checked_distance(distance)))
    for name, values in (("n", sizes), ("alpha", loads), ("distance", distances)):
        if not len(values):
            raise ValueError(f"{name} must hold at least one number; got {values!r}")
        if len(set(values)) < len(values):
            raise ValueError(f"{name} must hold different numbers; got {list(values)}")
    if min(distances) == 0:
        raise ValueError("distance must lie in (0, 1/2]; got 0")
    least, most = min(sizes), max(sizes)
    if round(min(loads) * least) < 1:
        raise ValueError(f"alpha={min(loads)} at n={least} gives no patterns; alpha must be at least {0.5 / least:.3g}")
    _check_memory(round(max(loads) * most), most, method)
    return loads, distances, sizes, samples


def _checked_integer(name: str, value: Any) -> int:
    if not isinstance(value, int | np.integer) or isinstance(value, bool):
        raise TypeError(f"{name} must be an integer of at least 2; got {value!r}")
    if value < 2:
        raise ValueError(f"{name} must be an integer of at least 2; got {value!r}")
    return int(value)


def _checked_comparisons(model: Model, comparisons: str | Sequence[str] | None) -> tuple[str, ...]:
    possible = [name for name, comparison in COMPARISONS.items() if comparison.applies(model)]
    if comparisons is None:
        return tuple(name for name in possible if COMPARISONS[name].default)
    if isinstance(comparisons, str):
        comparisons = possible if comparisons == "all" else [comparisons]
    if not isinstance(comparisons, Iterable):
        raise TypeError(f"comparisons must be 'all', None or names; got {comparisons!r}")
    for name in comparisons:
        if name not in COMPARISONS:
            raise ValueError(f"comparisons must be 'all' or among {', '.join(map(repr, COMPARISONS))}; got {name!r}")
        if name not in possible:
            raise ValueError(f"comparisons: {name!r} does not apply to {model}; {', '.join(map(repr, possible))} do")
    if not comparisons or len(set(comparisons)) < len(comparisons):
        raise ValueError(f"comparisons must be one or more different names; got {list(comparisons)}")
    return tuple(name for name in COMPARISONS if name in comparisons)


def _check_memory(n_patterns: int, n: int, method: Method) -> None:
    """Refuse what does not fit: the patterns while they are drawn, and the messages."""
    what = f"drawing {n_patterns} patterns on n={n} weights: these"
    require_memory(_DRAWING * n_patterns * n, what, "choose a smaller n")
    if method != "amp":
        require_edges(method, n_patterns, n)


def _settings(job: Job, loads: Sequence[float], sizes: Sequence[int]) -> dict[str, Any]:
    """What the points of a run depend on (not which comparisons, nor how many samples: these extend a run)."""
    return {
        "model": type(job.model).__name__,
        "kappa": float(np.asarray(job.model.kappa)),
        **particulars(job.model),
        "alpha": loads,
        "n": sizes,
        "distance": job.distances,
        "method": job.method,
        "seed": job.root,
    }


def _remember(
    store: PointStore, job: Job, loads: Sequence[float], sizes: Sequence[int], samples: int, names: Sequence[str]
) -> None:
    """Write down what was asked for, for `stored_call`."""
    call = _settings(job, loads, sizes) | {"samples": samples, "comparisons": names}
    with store.locked():
        replace_file(store.folder / _CALL, json.dumps(call, indent=1).encode())
