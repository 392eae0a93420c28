r"""Entropy of tuples of solutions at one mutual distance: the curves that show the multi-overlap gap.

With the integrals of `replica_theory.replicas.ultrametric` for one group of size `m`, the logarithm of the number of
m-tuples of solutions, all at overlap :math:`q_1` of each other, is per weight

.. math:: \varphi(q_1; m) = m\,\mathrm{extr}\Big\{-\tfrac12\hat q_1 - \tfrac{m-1}2q_1\hat q_1 + \tfrac m2q_0\hat q_0
   + \Gamma_S(\hat q_0, \hat q_1) + \alpha\,\Gamma_E(q_0, q_1)\Big\}

over the conjugates and the overlap :math:`q_0` between tuples (which vanishes for even constraints). Where it is
negative there are no such tuples; the load at which it first vanishes at some overlap is that of `multi_overlap_gap`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from scipy import optimize

from replica_theory.arguments import (
    Allowed,
    checked_alpha,
    checked_distance,
    checked_number,
)
from replica_theory.models.model import Model
from replica_theory.numerics.progress import alive
from replica_theory.replicas.tuple_saddle import linear_part
from replica_theory.replicas.ultrametric import Tree, checked_for_tuples, energetic, entropic
from replica_theory.results.curve import FAILED, INACCURATE, EntropyCurve, Row, assemble
from replica_theory.results.grid import broadcast, by_setting
from replica_theory.status import Status, report
from replica_theory.typing import Array, ArrayLike

_TUPLE = Allowed("be at least 1 and at most 5000", lambda m: (m >= 1) & (m <= 5000))
_CLOSEST = 1e-11
"""Least 1 - q1 at which the integrals are done."""
_FINER = 1.5
_LADDER = [-40.0, -30.0, -20.0, -14.0, -10.0, -7.0, -5.0, -3.5, -2.5, -1.5, -0.5, 0.5, 1.5, 3.0, 5.0]
"""Logarithms of the conjugate of q0 among which it is searched."""
_NARROWEST, _WIDEST = 9.0, 7.0
"""Logarithm of q0_hat over the least conjugate width beside it that is looked at, and that of the largest one."""
_HALVINGS = 8
_TIGHT = 1e-12


def tuple_entropy(model: Model, alpha: ArrayLike, distance: ArrayLike, m: float = 3) -> EntropyCurve:
    r"""Entropy of the m-tuples of solutions at one mutual distance.

    .. math:: \varphi(d; m) = \lim_{N\to\infty}\frac1N E\log\#\big\{W^1\dots W^m \text{ solutions}:\
       \mathrm{distance}(W^a, W^b) = d\big\}

    Parameters
    ----------
    model : Model
        Of binary weights, with a hard constraint of intervals and random labels; one margin.
    alpha, distance : float or array
        Load, and distances in [0, 1/2] with overlap 1 - 2d; they broadcast.
    m : float, default 3
        Solutions in a tuple, at least 1; real numbers are allowed.

    Returns
    -------
    EntropyCurve
        `entropy` is :math:`\varphi` of the whole tuple, nats per weight; `slope` its derivative in the distance. At
        d = 0 all are one solution and it is the entropy of these. `overlaps` holds ``q0`` (between tuples), ``q1``,
        their conjugates, and ``replicon``, the stability at ``q0``. Points with negative entropy, where there are no
        such tuples, have status ``"negative-entropy"``, those with a negative replicon ``"unstable"``.

    Raises
    ------
    TypeError, ValueError
        If the model is none of those, or a number is not allowed.
    ConvergenceError
        In a scalar call that finds no saddle point: at distances larger than that of typical solutions, where tuples
        would overlap less inside than with each other. In array calls such points are NaN and warned of once.

    Notes
    -----
    For even constraints :math:`q_0 = 0`, and at integer m the number is that of the first moment: an upper bound of the
    true one, which proves that tuples are missing where it is negative. Otherwise replica symmetry between tuples is
    assumed. A point takes about 4 ms for even constraints, and a few tenths of a second for others.

    Examples
    --------
    >>> from replica_theory import SymmetricBinaryPerceptron
    >>> curve = tuple_entropy(SymmetricBinaryPerceptron(), 1.68, [0.005, 0.02, 0.1], m=3)
    >>> curve.entropy.round(4).tolist()
    [-0.0014, -0.0027, 0.0679]
    """
    checked_for_tuples(model, "tuple_entropy")
    alpha, distance, m = checked_alpha(alpha), checked_distance(distance), checked_number("m", m, _TUPLE)
    points = broadcast(alpha=alpha, distance=distance)

    def solve(at: Mapping[str, float], distances: Array) -> list[Row]:
        return [_row(model, at["alpha"], m, d) for d in distances.tolist()]

    with alive("entropy of tuples"):
        rows = by_setting(points, "distance", solve)
    label = f"m = {m:g}, alpha = {alpha}" if np.ndim(alpha) == 0 else f"m = {m:g}"
    asked: dict[str, Any] = {"function": "tuple_entropy", "m": m}
    names = ("q0", "q1", "q0_hat", "q1_hat", "replicon")
    curve = assemble(rows, points, label, names=names, replicas=False, model=model, settings=asked)
    report(curve, "tuple_entropy", f"at distance {distance}")
    return curve


class _Point(NamedTuple):
    """A saddle point at a given overlap: entropy a solution, what is conjugate to q1 per load, and the replicon."""

    entropy: float
    force: float
    replicon: float


def _row(model: Model, alpha: float, m: float, d: float) -> Row:
    q1 = 1 - 2 * d
    if q1 == 0 and model.is_even:
        return _unrelated(model, alpha, m)
    conjugates = None if 1 - q1 < _CLOSEST else _conjugates(model, alpha, m, q1)
    point = None if conjugates is None else _read(model, alpha, m, q1, conjugates)
    finer = None if conjugates is None else _read(model, alpha, m, q1, conjugates, _FINER)
    if conjugates is None or point is None or finer is None:
        return FAILED
    q0_hat, q1_hat = conjugates.overlaps.tolist()
    slope = -m * (m - 1) * (alpha * point.force - q1_hat)
    error = m * abs(finer.entropy - point.entropy) + 1e-14
    term = entropic(conjugates)
    q0 = 0.0 if term is None or model.is_even else float(term.squares[0])
    overlaps = {"q0": q0, "q1": q1, "q0_hat": q0_hat, "q1_hat": q1_hat, "replicon": point.replicon}
    entropy = m * point.entropy
    status = Status.of(entropy, error=error, stability=point.replicon, rounding=1e-12, tolerance=INACCURATE)
    return Row(status, entropy, slope, error=error, overlaps=overlaps)


def _unrelated(model: Model, alpha: float, m: float) -> Row:
    """Solutions of an even constraint without any overlap."""
    kernel = model.log_kernel(np.zeros(()), 1.0)
    entropy = m * (float(np.log(2)) + alpha * float(kernel.log))
    replicon = 1 - alpha * float(kernel.d2) ** 2
    overlaps = {"q0": 0.0, "q1": 0.0, "q0_hat": 0.0, "q1_hat": 0.0, "replicon": replicon}
    return Row(Status.of(entropy, stability=replicon), entropy, 0.0, error=1e-14, overlaps=overlaps)


def _conjugates(model: Model, alpha: float, m: float, q1: float) -> Tree | None:
    """Conjugates at a given overlap: with the first fixed point of that of q0 from below."""
    if model.is_even:
        return _of_overlap(m, q1, 0.0, 0.0)
    near = 0.0

    def rise(x: float) -> float:
        nonlocal near
        tree = _of_overlap(m, q1, float(np.exp(x)), near)
        term = None if tree is None else entropic(tree)
        if tree is None or term is None or not 0 <= term.squares[0] < q1:
            return np.nan
        near = float(np.log(tree.widths[1]))
        energy = energetic(model, Tree(tree.sizes, np.array([term.squares[0], q1])))
        return np.nan if energy is None or energy.squares[0] <= 0 else float(np.log(alpha * energy.squares[0])) - x

    x = _LADDER[0]
    if not rise(x) > 0:
        return None
    for beyond in _LADDER[1:]:
        value = rise(beyond)
        for _ in range(_HALVINGS if np.isnan(value) else 0):
            middle = 0.5 * (x + beyond)
            value = rise(middle)
            x, beyond = (x, middle) if not value > 0 else (middle, beyond)
            if value <= 0:
                break
        if value <= 0:
            root = float(optimize.brentq(rise, x, beyond, xtol=_TIGHT, rtol=_TIGHT))
            return _of_overlap(m, q1, float(np.exp(root)), near)
        if np.isnan(value):
            return None
        x = max(x, beyond)
    return None


def _of_overlap(m: float, q1: float, q0_hat: float, near: float) -> Tree | None:
    """The conjugates of which q1 is the overlap, at a given one of q0; the log width is near `near`."""

    def excess(x: float) -> float:
        term = entropic(Tree(np.array([m]), np.array([q0_hat, q0_hat + float(np.exp(x))])))
        return np.nan if term is None else float(term.squares[1]) - q1

    least = float(np.log(q0_hat)) - _NARROWEST if q0_hat > 0 else -80.0
    x = max(near, least)
    value = excess(x)
    step = 0.3 if value < 0 else -0.3
    while least <= x + step <= _WIDEST:
        beyond, ahead = x + step, excess(x + step)
        if value * ahead <= 0:
            root = float(optimize.brentq(excess, x, beyond, xtol=_TIGHT, rtol=_TIGHT))
            return Tree(np.array([m]), np.array([q0_hat, q0_hat + float(np.exp(root))]))
        if np.isnan(ahead):
            return None
        x, value, step = beyond, ahead, 2 * step
    return None


def _read(model: Model, alpha: float, m: float, q1: float, conjugates: Tree, fineness: float = 1.0) -> _Point | None:
    entropy = entropic(conjugates, fineness)
    if entropy is None:
        return None
    q0 = 0.0 if model.is_even else float(entropy.squares[0])
    overlaps = Tree(conjugates.sizes, np.array([q0, q1]))
    energy = energetic(model, overlaps, fineness)
    if energy is None:
        return None
    value = -linear_part(overlaps, conjugates) + entropy.value + alpha * energy.value
    return _Point(value, float(energy.squares[1]), 1 - alpha * energy.curvature * entropy.curvature)
