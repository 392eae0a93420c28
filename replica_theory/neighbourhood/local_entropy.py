r"""Local-entropy large deviations: references weighted by how many solutions surround them (PRL 115, 128101).

With :math:`\mathcal N_{\tilde W}(t)` the number of solutions at overlap `t` from :math:`\tilde W`,

.. math:: \varphi(y, t) = \lim\tfrac1N E\log\sum_{\tilde W}\tilde X(\tilde W)\,\mathcal N_{\tilde W}(t)^y, \qquad
   S = \partial_y\varphi, \qquad \Sigma = \varphi - yS, \qquad \partial_d\varphi = 2y\gamma.

`S` is the local entropy of the references that dominate at `y`, :math:`\Sigma` the logarithm of their number.
References are free (any :math:`\tilde W`) or solutions themselves (:math:`\tilde X` is then their constraint).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, get_args, overload

import numpy as np

from replica_theory.arguments import (
    AWAY,
    COUNT,
    FINITE,
    POSITIVE,
    checked_alpha,
    checked_choice,
    checked_distance,
    checked_flag,
    checked_model,
    checked_number,
    checked_real,
    checked_weights,
    shown,
)
from replica_theory.certified.dense import local_entropy_to_digits
from replica_theory.certified.multiprecision import Digits, checked_digits, intervals_of
from replica_theory.models.mixture import Mixture
from replica_theory.models.model import Model
from replica_theory.models.perceptron import TeacherStudent
from replica_theory.neighbourhood.dense_teacher import dense_teacher
from replica_theory.numerics.progress import alive
from replica_theory.replicas.curve_rows import Sector, curve_rows
from replica_theory.replicas.equations import OVERLAPS
from replica_theory.results.curve import EntropyCurve, Row, assemble
from replica_theory.results.grid import broadcast, by_setting
from replica_theory.status import ConvergenceError, Status, report
from replica_theory.typical.replica_symmetric import entropy_of
from replica_theory.typing import Array, ArrayLike

Reference = Literal["free", "solution"]

ZERO_COMPLEXITY = "zero-complexity"


@overload
def local_entropy(
    model: Model,
    alpha: ArrayLike,
    distance: ArrayLike,
    *,
    reference: Reference = "free",
    y: ArrayLike | str = np.inf,
    kappa_ref: float | None = None,
    sector: Sector | None = None,
    progress: bool = True,
    digits: None = None,
) -> EntropyCurve: ...
@overload
def local_entropy(
    model: Model,
    alpha: ArrayLike,
    distance: ArrayLike,
    *,
    reference: Reference = "free",
    y: ArrayLike | str = np.inf,
    kappa_ref: float | None = None,
    sector: Sector | None = None,
    progress: bool = True,
    digits: int,
) -> Digits: ...
def local_entropy(
    model: Model,
    alpha: ArrayLike,
    distance: ArrayLike,
    *,
    reference: Reference = "free",
    y: ArrayLike | str = np.inf,
    kappa_ref: float | None = None,
    sector: Sector | None = None,
    progress: bool = True,
    digits: int | None = None,
) -> EntropyCurve | Digits:
    r"""Local entropy, complexity and everything that goes with them, at given distances.

    Parameters
    ----------
    model : Model
        Constraint on the replicas (scalar or array parameters); finite `beta` makes the inner measure thermal. With a
        teacher (free references): the students of `dense_teacher`. Weights may be binary, spherical (not at zero
        complexity: volumes have none) or of levels: any at y = inf (not for an even constraint); at finite y and zero
        complexity without a prior, and around solutions and for an even constraint symmetric about 0.
    alpha, distance : float or array
        Load, and distances in [0, 1/2].
    reference : {"free", "solution"}
        Any configuration as reference, or one that satisfies the constraint itself.
    y : float, array, ``inf`` or ``"zero-complexity"``
        Number of replicas, conjugate to the local entropy: 0 weights all references alike (with ``"solution"``: the
        Franz-Parisi entropy), 1 counts pairs, ``inf`` (free reference) is the largest local entropy that the
        replica-symmetric theory allows, ``"zero-complexity"`` is the largest one that references really have,
        :math:`\Sigma(y, d) = 0`. Arrays broadcast.
    kappa_ref : float, optional
        Margin of the constrained reference, at least the model's; the model's own by default.
    sector : {"sign-symmetric", "sign-broken"}, optional
        For an even constraint (:math:`|h|\le\kappa`, :math:`|h|\ge\kappa`, ...): different references have overlap 0
        by symmetry, or they have not (:math:`q_0 > 0`). By default the sign-symmetric sector wherever it is stable
        (``replicon_ref`` > 0), the broken one elsewhere and at y = inf.
    progress : bool
        Show long computations: a bar on a terminal, elsewhere lines of the log (INFO).
    digits : int, optional
        So many significant digits of ``entropy, slope, q, q_hat, gap, gap_hat`` at one point of the curve of a free
        reference at y = inf, each confirmed by a second run; intervals, binary weights and random labels at beta = inf.
        50 digits take some 2 s.

    Returns
    -------
    EntropyCurve or Digits
        `entropy` is the entropy of the replicas around the reference: :math:`S = \partial_y\varphi`, at finite `beta`
        (where that is ``free_entropy`` of `overlaps`) plus :math:`\beta\alpha e`. `slope` is :math:`dS/dd` along the
        curve (at fixed y, or at zero complexity), `complexity` is :math:`\Sigma` (NaN at y = inf), `y` the one used.
        `overlaps` holds ``q0, q1, t0, q_ref`` and their conjugates, ``t_hat, gamma, phi, free_entropy, energy,
        residual``, the eigenvalues ``replicon`` and ``replicon_ref`` of `Notes`, and ``fold``: the distance at which
        the branch turns back, at points beyond it. All are read off at doubled resolution of the quadratures; `error`
        is what that changed of the entropy.

    Raises
    ------
    ValueError
        For alpha, distance or y out of range, weights for which this theory is not known, ``y=inf`` with a constrained
        reference, a reference margin below the model's, the sign-symmetric sector where there is none (not even, or
        y = inf), or an unknown word.
    ConvergenceError
        In a scalar call whose point has no saddle; in array calls such points are NaN and warned of once.

    Notes
    -----
    The status of a point with a negative ``replicon`` or ``replicon_ref`` is ``"unstable"``; around solutions of
    negative entropy, which do not exist, it is ``"no-reference"``. At d = 0 the entropy is 0 and the slope infinite
    (``-inf`` around free references at y = 0, which hardly ever are solutions).

    Every curve starts where the replicas do not feel the reference (d = 1/2 if it is free, less if the mean of its
    levels is not 0; the typical distance between solutions if it is one) and is continued in log d; for zero complexity
    y is raised at d = 0.1 until :math:`\Sigma` vanishes and then followed along with the distance. A branch that turns
    back ends the curve there (status ``fold``); no other branch is reported, though there may be one nearer to the
    reference. Where y exceeds 500 before :math:`\Sigma` vanishes the status is ``no-zero-complexity``. d = 0 is the
    limit of one solution at each reference; distances between 0 and 1e-6, and more than 1e5 replicas (500 around a
    solution), are not resolved (status ``out-of-range``). Far fewer may be too many for the quadrature already
    (``inaccurate-quadrature``: at zero margin, alpha = 0.6, d = 0.1, 300 are resolved and 1000 are not); S differs from
    that at y = inf by the order of 1/y^2 then. Within 14 % of a start that is not at 1/2 everything is interpolated,
    with an `error` that counts it.

    On the sphere references and replicas have relative volumes for numbers, whose logarithms are never positive, and
    :math:`S\to-\infty` as d → 0; at y = inf the curve is :math:`\frac12\log(1-t^2)` and a function of one unknown.
    Of a `Mixture` the curve at y = inf is known; `overlaps` has the ``shift`` of the replicas, all of which have the
    same (a free reference has none).
    Around few-level weights the distance is that of the directions, :math:`t = (1-2d)\sqrt{Q\tilde Q}`, with the mean
    squared weights ``mean_square, mean_square_ref`` of `overlaps`, and :math:`\partial_d\varphi =
    2y\gamma\sqrt{Q\tilde Q}`. With a prior the replicas alone are weighted by it, and `entropy` is that of the
    configurations that dominate, :math:`S = \partial_y\varphi - E\langle\log\rho\rangle`.

    The replica-symmetric saddle is stable against breaking among the replicas of one reference where

    .. math:: 1 - \alpha\,E\langle\ell''^2\rangle\,E\langle\mathrm{sech}^4\rangle > 0

    (``replicon``; averages of this theory, with their weight :math:`e^{y\ell}`, :math:`(2\cosh)^y`), and against
    breaking among the references where
    :math:`1 - \alpha\,E(\partial_h\langle\ell'\rangle)^2\,E(\partial_h\langle\tanh\rangle)^2 > 0`
    (``replicon_ref``; for constrained references the largest eigenvalue of :math:`\alpha\,E[J\otimes J]\,
    E[\hat J\otimes\hat J]` with the Jacobians of both forces and of both magnetizations; it falls to
    :math:`-\infty` as y → inf). For free references at d = 1/2 both are the de Almeida-Thouless stability of
    `replica_symmetric`; at y = 1 the second one is, at every distance.

    Examples
    --------
    >>> from replica_theory import BinaryPerceptron
    >>> curve = local_entropy(BinaryPerceptron(), 0.4, 0.1, reference="solution", y=3.0)
    >>> print(f"{curve.entropy:.6f} {curve.complexity:.6f}")
    0.237435 0.352681
    """
    if digits is not None:
        return _to_digits(model, alpha, distance, (reference, y, kappa_ref, sector), checked_digits(digits))
    if isinstance(model, TeacherStudent) and reference == "free" and not isinstance(y, str) and sector is None:
        return dense_teacher(model, alpha, distance, y=y)
    alpha, distance = checked_alpha(alpha), checked_distance(distance)
    _checked(model, reference, kappa_ref)
    count, zero = checked_replicas(y, reference)
    if isinstance(model, Mixture):
        checked_mixture(model, limit=not zero and bool(np.isinf(count).all()))
    checked_weights(model, _known_weights(model, reference, count, zero=zero))
    _checked_sector(sector, model, count)
    points = broadcast(alpha=alpha, distance=distance, kappa=model.kappa, beta=model.beta, y=count)

    def solve(at: Mapping[str, float], distances: Array) -> list[Row]:
        probe = model.at(kappa=at["kappa"], beta=at["beta"])
        center = None if reference == "free" else probe.at(kappa=at["kappa"] if kappa_ref is None else kappa_ref)
        found = curve_rows(probe, center, at["alpha"], at["y"], distances, zero=zero, sector=sector)
        if center is None or not center.weights.counts:
            return found
        return [_judged(row, entropy_of(center, at["alpha"])) for row in found]

    with alive("local entropy", checked_flag("progress", progress)):
        rows = by_setting(points, "distance", solve)
    names = sorted({*OVERLAPS, "fold", *(name for row in rows for name in row.overlaps)})
    label = f"{reference} reference, y = {shown(np.asarray(y))}, alpha = {shown(alpha)}"
    asked = {"function": "local_entropy", "reference": reference, "y": np.asarray(y).tolist()}
    asked |= {"kappa_ref": None if kappa_ref is None else float(kappa_ref), "sector": sector}
    curve = assemble(rows, points, label, names=names, model=model, settings=asked)
    report(curve, "local_entropy", f"at distance {distance}")
    return curve


def _to_digits(model: Model, alpha: Any, distance: Any, asked: tuple[Any, ...], digits: int) -> Digits:
    """The numbers at one point of a free reference at y = inf, from those of double precision on."""
    load, near = checked_number("alpha", alpha, POSITIVE), checked_number("distance", distance, AWAY)
    intervals_of(model, "local_entropy")
    checked_limit(asked, digits)
    curve = local_entropy(model, load, near)
    start = {name: float(np.asarray(value)) for name, value in curve.overlaps.items()}
    if not 0 < start.get("gap", 0.0) < np.inf:
        raise ConvergenceError(
            f"digits are known only where replicas feel the reference; not at distance={near}", curve
        )
    return local_entropy_to_digits(model, load, near, start, digits)


def checked_limit(asked: tuple[Any, ...], digits: int) -> None:
    """Refuse digits of another curve than that of a free reference at y = inf.

    Raises
    ------
    ValueError
        If reference, y, or what follows is asked for in another way.
    """
    if any(shown(given) != shown(known) for given, known in zip(asked, ("free", np.inf, None, None), strict=False)):
        allowed = "digits must be left out, but for a free reference at y = inf"
        raise ValueError(f"{allowed}; got digits={digits} with reference={shown(asked[0])}, y={shown(asked[1])}")


def _judged(row: Row, reference: float) -> Row:
    """The row of a constrained reference, which does not exist where the entropy of its kind is negative."""
    exists = Status.of(0.0, reference=reference) is Status.CONVERGED
    return row if exists or not row.status.ok else row._replace(status=Status.NO_REFERENCE)


def _checked(model: Model, reference: str, kappa_ref: float | None) -> None:
    checked_model(model, Model, any_weights=True, units=("infinite",), mixtures=True)
    if model.has_teacher:
        takes = "free references and a number of replicas, or inf"
        raise ValueError(f"with a teacher, local_entropy takes {takes}; got model={shown(model)}")
    checked_choice("reference", reference, get_args(Reference))
    if kappa_ref is None:
        return
    kappa_ref = checked_number("kappa_ref", kappa_ref, FINITE)
    if reference == "free":
        raise ValueError(
            f"kappa_ref must be left to references that are solutions; got kappa_ref={kappa_ref} with a free one"
        )
    if not np.all(model.contains(model.at(kappa=kappa_ref))):
        raise ValueError(
            f"the reference must satisfy the model's own constraint: kappa_ref={kappa_ref}, kappa={model.kappa}"
        )


def checked_mixture(model: Mixture, *, limit: bool) -> None:
    """Refuse a mixture of classes where its theory is not known: but at y = inf, with a class that is unbounded.

    Raises
    ------
    ValueError
        If that is so.
    """
    ends = [one.model.allowed_intervals for one in model]
    bounded = [own is None or all(np.isfinite(end).all() for pair in own for end in pair) for own in ends]
    if not limit or all(bounded) or model.is_even:
        known = "free references at y = inf, of mixtures with a class that allows a half-line, not all even"
        raise ValueError(f"around references, mixtures are known for {known}; got model={shown(model)}")


def _known_weights(model: Model, reference: str, count: Array, *, zero: bool) -> tuple[str, ...]:
    """The weights for which the theory of these references and numbers of replicas is known."""
    levels = "plain" if reference == "free" and not model.is_even else "symmetric"
    if zero:
        return "binary", levels
    if np.isinf(count).any() and model.is_even:
        return "binary", "spherical"
    return "binary", "spherical", "discrete" if np.isinf(count).all() else levels


def _checked_sector(sector: Any, model: Model, count: Array) -> None:
    if sector is not None:
        checked_choice("sector", sector, get_args(Sector))
    if sector == "sign-broken":
        checked_weights(model, ("binary", "spherical"))
    if sector == "sign-symmetric" and not model.is_even:
        raise ValueError("the sign-symmetric sector belongs to even constraints (|h| <= kappa, |h| >= kappa, ...)")
    if sector == "sign-symmetric" and np.isinf(count).any():
        raise ValueError("at y = inf only the sign-broken sector exists; take a finite y for the symmetric one")


def checked_replicas(y: Any, reference: str) -> tuple[Array, bool]:
    """The numbers of replicas, and whether they are to be found from zero complexity.

    Raises
    ------
    TypeError, ValueError
        If `y` is no number, inf or "zero-complexity", or there is no theory of it for this kind of reference.
    """
    if isinstance(y, str):
        if y != ZERO_COMPLEXITY:
            raise ValueError(f"y must be a number, inf or {ZERO_COMPLEXITY!r}; got {y!r}")
        return np.zeros(()), True
    count = np.asarray(checked_real("y", y, COUNT))
    if np.isinf(count).any() and reference == "solution":
        raise ValueError(
            "y = inf is a theory of the free reference; for solutions y must be finite or 'zero-complexity'"
        )
    return count, False
