r"""Local energy: how many patterns a configuration violates at a distance from a reference.

At overlap :math:`t = 1 - 2d` with the reference a random configuration has, given the reference's stability `h`, a
Gaussian stability of mean `th` and variance :math:`1-t^2`, so that for :math:`h\ge\kappa`

.. math:: E(d) = \int dh\,p(h)\,\Phi\Big(\frac{\kappa - th}{\sqrt{1-t^2}}\Big)

with the density `p` of the stabilities of the reference (:math:`1 - e^{\ell}` in the place of :math:`\Phi` for other
constraints). At capacity on the sphere, and so for the reference of the largest margin, `p` is the Gaussian density
with all forbidden stabilities moved to the nearest allowed one.

Around the dense references of :math:`y = \infty` the solutions at distance :math:`d` have fields
:math:`f = \sqrt qz+\delta q\,\ell'(f)` (`local_entropy`). The reference :math:`\tilde W` follows the sum `a` of the
forces :math:`\ell'` on them, of variance :math:`\hat q = \alpha E\ell'^2`: without a pattern its stability there has
mean :math:`tz/\sqrt q` and variance :math:`1-t^2/q`, and the pattern adds :math:`\chi\,\ell'(f)` with
:math:`\chi = E\,\partial\tilde W/\partial a`, which is :math:`\sqrt{2/\pi\hat q}` for the binary
:math:`\tilde W = \mathrm{sign}\,a` and :math:`1/\sqrt{\hat q}` for :math:`\tilde W = a/\sqrt{\hat q}` on the sphere.
There :math:`q = t^2`, and :math:`\delta q` solves :math:`\alpha E\,\ell'(f)^2 = t^2/(1-t^2+\delta q)^2`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar, NamedTuple

import numpy as np
import scipy

from replica_theory.arguments import (
    Allowed,
    checked_alpha,
    checked_choice,
    checked_model,
    checked_real,
    checked_unweighted,
    shown,
)
from replica_theory.models.model import Model
from replica_theory.models.perceptron import BinaryPerceptron
from replica_theory.models.proximal import maxima
from replica_theory.neighbourhood.local_entropy import local_entropy
from replica_theory.results.grid import GridResult, broadcast, by_setting
from replica_theory.results.quantities import LOCAL_ENERGY
from replica_theory.status import ConvergenceError, Status, report, silenced, statuses
from replica_theory.thresholds.largest_margin import largest_margin
from replica_theory.typical.replica_symmetric import ReplicaSymmetric, replica_symmetric
from replica_theory.typing import Array, ArrayLike

REFERENCES = ("typical", "margin", "dense")
_OPEN = Allowed("lie in (0, 1/2]", lambda d: (d > 0) & (d <= 0.5))
_FAR = 11.0
"""Stabilities beyond this many standard deviations do not count."""
_WIDEST = 40.0
"""Largest log of the width dq."""


@dataclass(frozen=True, eq=False, repr=False)
class LocalEnergy(GridResult):
    """Fraction of violated patterns at distances from a reference; fields have the shape of alpha, distance and kappa.

    Attributes
    ----------
    model : Model
        What is violated.
    alpha, distance : float or array
    energy : float or array
        Mean fraction of the patterns that are violated by the configurations at this distance.
    kappa_ref : float or array
        Margin of the reference (NaN for dense ones, which satisfy no constraint of their own).
    error : float or array
        Estimated numerical error of the energy.
    reference : str
        What the reference is.
    status : Status or array of Status
    """

    _coordinates: ClassVar = ("distance", "alpha", "kappa", "beta")
    _quantities: ClassVar = LOCAL_ENERGY
    _main: ClassVar = "energy"

    model: Model
    alpha: ArrayLike
    distance: ArrayLike
    energy: ArrayLike
    kappa_ref: ArrayLike
    error: ArrayLike
    reference: str
    status: Any


class _Row(NamedTuple):
    status: Status
    energy: float = np.nan
    kappa_ref: float = np.nan
    error: float = np.nan


def local_energy(
    model: Model, alpha: ArrayLike, distance: ArrayLike, reference: str | Model = "typical"
) -> LocalEnergy:
    r"""Fraction of the patterns that configurations at a distance from a reference violate.

    It is flat where the reference lies in a wide minimum, and by it the references of two algorithms can be compared.

    Parameters
    ----------
    model : Model
        The constraint, with random labels, at beta = inf; binary or spherical weights.
    alpha, distance : float or array
        Load, and distances in (0, 1/2].
    reference : {"typical", "margin", "dense"} or Model
        A typical solution; the solution of the largest margin at the load (`largest_margin`); the densest reference of
        that distance (`local_entropy` at y = inf); or a typical solution of another model of the same weights, e.g. of
        a larger margin.

    Returns
    -------
    LocalEnergy
        With the status of the reference: ``"negative-entropy"`` where it does not exist, ``"unstable"`` where replica
        symmetry fails. For dense references ``"out-of-range"`` at distances so large that typical solutions are as
        dense, and no reference is singled out.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or out of range, weights are discrete, or the model has no margin for a
        reference of the largest.
    ConvergenceError
        In a scalar call without a reference; array calls give NaN and warn once.

    Examples
    --------
    >>> from replica_theory import SphericalWeights
    >>> model = BinaryPerceptron(weights=SphericalWeights())
    >>> local_energy(model, 1.0, [0.05, 0.1, 0.2], "margin").energy.round(6)
    array([0.126046, 0.214031, 0.316019])
    """
    checked_model(model, Model, "local_energy", hard=True, random_labels=True, any_weights=True)
    alpha, distance = checked_alpha(alpha), checked_real("distance", distance, _OPEN)
    name = _checked_reference(model, reference)
    points = broadcast(alpha=alpha, distance=distance, kappa=model.kappa)

    def solve(at: Any, distances: Array) -> list[_Row]:
        one = model.at(kappa=at["kappa"], beta=np.inf)
        if name == "dense":
            return [_around_dense(one, at["alpha"], float(d)) for d in distances]
        return _around(one, at["alpha"], distances, reference)

    rows = by_setting(points, "distance", solve)
    columns: dict[str, Any] = {field: np.array([getattr(row, field) for row in rows]) for field in _Row._fields[1:]}
    columns |= {"alpha": points.columns["alpha"], "distance": points.columns["distance"]}
    columns["status"] = statuses(row.status for row in rows)
    result = LocalEnergy(model=model, reference=name, **points.shaped_all(columns))
    report(result, "local_energy", f"at distance {distance}")
    return result


def _checked_reference(model: Model, reference: Any) -> str:
    """What the reference is, in a word or as a model."""
    if model.weights.square is None:
        raise ValueError(f"weights of the model must be binary or spherical here; got {shown(model.weights)}")
    if isinstance(reference, Model):
        checked_unweighted(reference, "reference")
        if np.ndim(reference.kappa) or np.ndim(reference.beta) or reference.has_teacher:
            raise ValueError(f"reference must have a single margin and random labels; got {shown(reference)}")
        if reference.weights != model.weights:
            raise ValueError(f"reference must have the weights of the model; got {shown(reference)}")
        return repr(reference)
    checked_choice("reference", reference, REFERENCES)
    if reference == "margin" and type(model) is not BinaryPerceptron:
        raise ValueError(f"a reference of the largest margin is one of a BinaryPerceptron; got model={shown(model)}")
    return str(reference)


def _around(model: Model, alpha: float, distances: Array, reference: str | Model) -> list[_Row]:
    """Around a typical solution of some model."""
    try:
        kind = reference if isinstance(reference, Model) else model
        if reference == "margin":
            assert isinstance(model, BinaryPerceptron)
            kind = model.at(kappa=largest_margin(model, alpha).kappa)
        with silenced():
            # Of binary weights the entropy vanishes at the largest margin, to rounding of either sign.
            point = None if not kind.weights.counts and reference == "margin" else replica_symmetric(kind, alpha)
    except ConvergenceError as error:
        status = getattr(error.result, "status", Status.SADDLE_LOST)
        return [_Row(status if isinstance(status, Status) else Status.SADDLE_LOST)] * len(distances)
    kappa = float(np.asarray(kind.kappa))
    status = Status.of(0.0, stability=0.0 if kappa >= 0 else -1.0) if point is None else point.status
    if reference == "margin" and status is Status.NEGATIVE_ENTROPY:
        status = Status.CONVERGED
    rows = []
    for d in distances:
        t = 1 - 2 * float(d)
        energy, doubt = _projected(model, kind, t) if point is None else _averaged(model, point, t)
        rows.append(_Row(status, energy, kappa, doubt))
    return rows


def _violation(model: Model, mean: Array, variance: float) -> Array:
    """Probability that a pattern is violated whose stability is Gaussian."""
    return np.asarray(-np.expm1(np.minimum(model.log_probability(mean, np.sqrt(variance)).log, 0.0)))


def _projected(model: Model, kind: Model, t: float) -> tuple[float, float]:
    """The average over stabilities moved to the nearest allowed one, at a single margin."""
    kappa = float(np.asarray(kind.kappa))

    def free(h: Array) -> Array:
        return np.asarray(np.exp(-0.5 * h**2) / np.sqrt(2 * np.pi) * _violation(model, t * h, 1 - t * t))

    value, doubt = _integral(free, [kappa, _FAR]) if kappa < _FAR else (0.0, 0.0)
    stuck = float(scipy.special.ndtr(kappa) * _violation(model, np.array(t * kappa), 1 - t * t))
    return value + stuck, doubt


def _averaged(model: Model, point: ReplicaSymmetric, t: float) -> tuple[float, float]:
    """The average over the stabilities of typical solutions, between the edges of their constraint."""
    edges = {float(np.asarray(e)) for e in point.model.edges}
    ends = [-_FAR, *sorted(e for e in edges if abs(e) < _FAR), _FAR]

    def density(h: Array) -> Array:
        return point.stability_distribution(h) * _violation(model, t * h, 1 - t * t)

    return _integral(density, ends)


def _integral(density: Callable[[Array], Array], ends: list[float]) -> tuple[float, float]:
    """Integral over the panels between ends, and its estimated error."""
    parts = [scipy.integrate.tanhsinh(density, low, high, rtol=1e-12, atol=1e-14) for low, high in pairwise(ends)]
    return float(sum(part.integral for part in parts)), float(sum(part.error for part in parts))


def _around_dense(model: Model, alpha: float, distance: float) -> _Row:
    """Around the densest reference, by its fields."""
    t = 1 - 2 * distance
    if model.weights.counts:
        with silenced():
            found = local_entropy(model, alpha, np.array([distance]))
        status, overlaps = found.status[0], found.overlaps
        q, gap = (float(overlaps[name][0]) if name in overlaps else np.nan for name in ("q1", "gap"))
        if status.ok and not np.isfinite(gap):
            status = Status.OUT_OF_RANGE
    else:
        status, q, gap = _spherical_gap(model, alpha, t)
    if not status.ok:
        return _Row(status)
    values = [_dense_average(model, alpha, q, gap, t, order) for order in (20, 40)]
    if any(value is None for value in values):
        return _Row(Status.MAX_ITERATIONS)
    rough, fine = (float(value) for value in values if value is not None)
    return _Row(status, fine, error=abs(fine - rough) + 1e-15)


def _dense_average(model: Model, alpha: float, q: float, gap: float, t: float, order: int) -> float | None:
    """The energy around a reference whose stabilities are Gaussian given the fields of the solutions."""
    std = float(np.sqrt(1 - q))
    found = maxima(model, q, gap, std, order)
    if found is None:
        return None
    force = model.log_kernel(found.fields, std).d1
    response = np.sqrt((2 / np.pi if model.weights.counts else 1.0) / (alpha * (found.weights @ force**2)))
    stability, spread = t / q * found.h + response * force, max(1 - t * t / q, 0.0)
    return float(found.weights @ _violation(model, t * stability, t * t * spread + 1 - t * t))


def _spherical_gap(model: Model, alpha: float, t: float) -> tuple[Status, float, float]:
    """The overlap and the width dq of the solutions around the densest reference on the sphere."""
    q, std = t * t, float(np.sqrt(1 - t * t))
    with silenced():
        alone = replica_symmetric(model, np.array([alpha]))
    status = alone.status[0]
    if status is Status.UNSTABLE or (status.ok and q <= float(np.asarray(alone.q)[0])):
        return Status.OUT_OF_RANGE, np.nan, np.nan

    def excess(log_gap: float) -> float:
        found = maxima(model, q, float(np.expm1(log_gap)), std, 20)
        if found is None:
            return np.nan
        slope = model.log_kernel(found.fields, std).d1
        return float(np.log(alpha * (found.weights @ slope**2)) - np.log(q) + 2 * np.log(1 - q + np.expm1(log_gap)))

    low, high = 1e-12, 1.0
    if not excess(low) < 0:
        return Status.OUT_OF_RANGE, np.nan, np.nan
    while excess(high) < 0 and high < _WIDEST:
        high *= 1.5
    if not excess(high) >= 0:
        return Status.OUT_OF_RANGE, np.nan, np.nan
    return Status.CONVERGED, q, float(np.expm1(scipy.optimize.brentq(excess, low, high, xtol=1e-14, rtol=1e-14)))
