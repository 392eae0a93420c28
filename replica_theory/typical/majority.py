r"""The energetic term of a few hidden units: signs of Gaussian fields, of which enough must be positive.

With the fields :math:`m_l = \sqrt qz_l` of `K` units and :math:`p_l = \Phi(m_l/\sqrt{1-q})` the probabilities that they
are positive, the output is right with probability :math:`P = \sum_S\prod_{l\in S}p_l\prod_{l\notin S}(1-p_l)` over the
sets `S` of units that suffice. The term is :math:`E\log[e^{-\beta} + (1-e^{-\beta})P]` over `K` outer fields; the
conjugate of the overlap is :math:`\hat q = \alpha\sum_lE(\partial_l\log P)^2`, and the curvature of the term in the
overlaps of all units together :math:`\sum_{ll'}E(\partial_l\partial_{l'}\log P)^2`.

Fields that are permuted give the same: nodes are multisets, counted as often as they can be ordered.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import chain, combinations, combinations_with_replacement
from math import comb, factorial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special

from replica_theory.models.committee import TreeCommittee
from replica_theory.models.perceptron import hazard
from replica_theory.typing import Array

_NODES = {1: (121, 241, 481), 3: (33, 49, 65), 5: (19, 25, 31), 7: (15, 19, 21)}
"""Nodes of every field, where few, ordinarily many or many are asked for."""
_FEWER = 2
"""By how many nodes the rule is smaller whose difference bounds the error."""
_REACH = 8.5
"""Standard deviations up to which there are nodes."""
_FEW, _ORDINARY = 121, 241
"""What is asked for: up to so many nodes of a single field."""
_NEGLIGIBLE = 1e-20
"""Weight of nodes that do not count."""
_ROOM = 1 << 22
"""Numbers in one block of nodes."""


class EnergeticTerm(NamedTuple):
    r"""One entry a point: the mean logarithm with its quadrature error, that of the violation probability likewise.

    `force` is :math:`\sum_lE(\partial_l\log P)^2` and `curvature` :math:`\sum_{ll'}E(\partial_l\partial_{l'}\log P)^2`.
    """

    log: Array
    error: Array
    force: Array
    curvature: Array
    energy: Array
    energy_error: Array


class UnitTerms(NamedTuple):
    r"""The logarithm of the probability that enough units are right, at one set of fields an entry.

    `force` is the sum of its squared first derivatives, `curvature` that of all second ones, `violated` the thermal
    probability of a violation, and `first` are the first derivatives, shape (n, K).
    """

    log: Array
    force: Array
    curvature: Array
    violated: Array
    first: Array


def majority_term(model: TreeCommittee, q: Array, n: int, *, errors: bool = True) -> EnergeticTerm:
    """The term at overlaps q of a model whose margin and temperature have shape (m, 1).

    `n` is the number of nodes that a single field would have; `errors` says whether they are estimated (else NaN).
    """
    shape = q.shape
    kappa, beta = (np.broadcast_to(np.asarray(v).reshape(-1), shape) for v in (model.kappa, model.beta))
    points = [
        _point(float(a), int(model.units), float(k), float(b), n, errors)
        for a, k, b in zip(q, kappa, beta, strict=True)
    ]
    columns = np.array(points).reshape(len(points), len(EnergeticTerm._fields)).T
    return EnergeticTerm(*columns)


def unit_terms(model: TreeCommittee, fields: Array, width: float) -> UnitTerms:
    """The terms of a model of single parameters where its units have fields out of some, a multiset of them a row."""
    units = int(model.units)
    nodes, _ = multisets(len(fields), units)
    sets = _sets(units, sufficient(units, float(np.asarray(model.kappa))))
    return _terms([table[nodes] for table in _tables(fields, width)], sets, float(np.asarray(model.beta)))


def sufficient(units: int, kappa: float) -> int:
    r"""The fewest positive units `c` that make :math:`(2c - K)/\sqrt K \ge \kappa` (more than there are: none do)."""
    return int(np.clip(np.ceil(0.5 * (units + kappa * np.sqrt(units)) - 1e-12), 0, units + 1))


def _point(q: float, units: int, kappa: float, beta: float, n: int, errors: bool) -> tuple[float, ...]:
    least = sufficient(units, kappa)
    if q == 0:
        log, force, curvature, energy = (
            float(v[0]) for v in _terms(_tables(np.zeros((1, units)), 1.0), _sets(units, least), beta)[:4]
        )
        return log, 0.0, force, curvature, energy, 0.0
    level = (n > _FEW) + (n > _ORDINARY)
    log, force, curvature, energy = _averages(q, units, least, beta, _NODES[units][level])
    if not errors:
        return log, np.nan, force, curvature, energy, np.nan
    rough = _averages(q, units, least, beta, _NODES[units][level] - _FEWER)
    return log, abs(log - rough[0]) if log > -np.inf else 0.0, force, curvature, energy, abs(energy - rough[3])


def _averages(q: float, units: int, least: int, beta: float, count: int) -> list[float]:
    """Averages of the terms over the outer fields."""
    width = float(np.sqrt(1 - q))
    z, weights = field_rule(width / float(np.sqrt(q)), count)
    nodes, often = multisets(count, units)
    weight = often * weights[nodes].prod(axis=1)
    felt = np.flatnonzero(weight > _NEGLIGIBLE)
    nodes, weight = nodes[felt], weight[felt]
    sets, tables = _sets(units, least), _tables(np.sqrt(q) * z, width)
    total = np.zeros(4)
    step = max(_ROOM // (len(sets) + units**2 + 1), 1)
    for start in range(0, len(nodes), step):
        part = slice(start, start + step)
        total += [weight[part] @ values for values in _terms([table[nodes[part]] for table in tables], sets, beta)[:4]]
    return [float(value) for value in total]


def _tables(field: Array, width: float) -> list[Array]:
    """Of fields of a unit: logarithms of both probabilities, their derivatives, and the field over its variance."""
    x = field / width
    return [special.log_ndtr(x), special.log_ndtr(-x), hazard(-x) / width, -hazard(x) / width, x / width]


def _terms(fields: list[Array], sets: NDArray[np.float64], beta: float) -> UnitTerms:
    """The terms at nodes (n, K)."""
    up, down, rise, fall, drift = fields
    if not len(sets):  # more than there are would have to be right
        nothing = np.zeros(len(up))
        return UnitTerms(nothing - beta, nothing, nothing, nothing + (beta < np.inf), np.zeros_like(up))
    terms = up @ sets.T + down @ (1 - sets.T)
    units = sets.shape[1]
    top = np.maximum(terms.max(axis=1), -1e300)
    share = np.exp(terms - top[:, None])
    bare = top + np.log(share.sum(axis=1))
    floor = np.exp(-beta)
    with np.errstate(divide="ignore"):  # at beta = 0 nothing is forbidden
        log = bare if floor == 0 else np.logaddexp(-beta, np.log1p(-floor) + bare)
    share *= ((1 - floor) * np.exp(top - log))[:, None]
    inside = share @ sets
    total = share.sum(axis=1)
    outside = total[:, None] - inside
    first = inside * rise + outside * fall
    # The second derivative of a probability is its first times minus the field over the width.
    second = -drift * first - first**2
    curvature = (second**2).sum(axis=1)
    for k, j in combinations(range(units), 2):
        both = share @ (sets[:, k] * sets[:, j])
        neither = share @ ((1 - sets[:, k]) * (1 - sets[:, j]))
        pair = both * rise[:, k] * rise[:, j] + neither * fall[:, k] * fall[:, j]
        pair += (inside[:, k] - both) * rise[:, k] * fall[:, j] + (inside[:, j] - both) * fall[:, k] * rise[:, j]
        curvature += 2 * (pair - first[:, k] * first[:, j]) ** 2
    violated = np.zeros_like(log) if floor == 0 else np.exp(-beta - log) * -np.expm1(np.minimum(bare, 0.0))
    return UnitTerms(log, (first**2).sum(axis=1), curvature, violated, first)


def field_rule(width: float, n: int) -> tuple[Array, Array]:
    """Trapezoidal rule over one field, that is as fine around 0 as a step of some width needs, however wide."""
    u = np.linspace(-1.0, 1.0, n) * np.arcsinh(0.5 * _REACH / width)
    nodes = 2 * width * np.sinh(u)
    return nodes, (u[1] - u[0]) * 2 * width * np.cosh(u) * np.exp(-0.5 * nodes**2) / np.sqrt(2 * np.pi)


@lru_cache
def _sets(units: int, least: int) -> NDArray[np.float64]:
    """The sets of units that suffice, a row of 0 and 1 each."""
    rows = [
        [float(k in chosen) for k in range(units)]
        for size in range(least, units + 1)
        for chosen in combinations(range(units), size)
    ]
    return np.array(rows).reshape(-1, units)


@lru_cache(maxsize=16)
def multisets(count: int, units: int) -> tuple[NDArray[np.int16], Array]:
    """Rows of non-decreasing indices below `count`, and in how many orders each can be written."""
    listed = chain.from_iterable(combinations_with_replacement(range(count), units))
    rows = np.fromiter(listed, dtype=np.int16, count=units * comb(count + units - 1, units)).reshape(-1, units)
    orders = np.full(len(rows), float(factorial(units)))
    run = np.ones(len(rows))
    for k in range(1, units):
        run = np.where(rows[:, k] == rows[:, k - 1], run + 1, 1.0)
        orders /= run
    return rows, orders
