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
from itertools import combinations, combinations_with_replacement
from math import factorial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special

from replica_theory.models.committee import TreeCommittee
from replica_theory.models.perceptron import hazard
from replica_theory.numerics.gaussian import rule
from replica_theory.typing import Array

_NODES = {1: (121, 241, 481), 3: (29, 41, 61), 5: (17, 21, 25), 7: (11, 13, 15)}
"""Nodes of every field, for few, ordinary and many nodes of one field."""
_FEW, _ORDINARY = 121, 241
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


def majority_term(model: TreeCommittee, q: Array, n: int) -> EnergeticTerm:
    """The term at overlaps q of a model whose margin and temperature have shape (m, 1); `n` nodes of a single field."""
    shape = q.shape
    kappa, beta = (np.broadcast_to(np.asarray(v).reshape(-1), shape) for v in (model.kappa, model.beta))
    points = [_point(float(a), int(model.units), float(k), float(b), n) for a, k, b in zip(q, kappa, beta, strict=True)]
    columns = np.array(points).reshape(len(points), len(EnergeticTerm._fields)).T
    return EnergeticTerm(*columns)


def sufficient(units: int, kappa: float) -> int:
    r"""The fewest positive units `c` that make :math:`(2c - K)/\sqrt K \ge \kappa` (more than there are: none do)."""
    return int(np.clip(np.ceil(0.5 * (units + kappa * np.sqrt(units)) - 1e-12), 0, units + 1))


def _point(q: float, units: int, kappa: float, beta: float, n: int) -> tuple[float, ...]:
    least = sufficient(units, kappa)
    sets = _sets(units, least)
    width = float(np.sqrt(1 - q))
    count = _NODES[units][(n > _FEW) + (n > _ORDINARY)]
    z = rule(0.0, width / max(np.sqrt(q), 1e-6), count)
    nodes, often = _multisets(count, units)
    if q == 0:
        z, nodes, often = rule(0.0, 1.0, 5), np.full((1, units), 2), np.ones(1)
        weight = coarse = np.ones(1)
    else:
        weight, coarse = (often * w[nodes].prod(axis=1) for w in (z.weights, z.coarse))
    x = np.sqrt(q) * z.nodes / width
    tables = special.log_ndtr(x), special.log_ndtr(-x), hazard(-x) / width, -hazard(x) / width, x / width
    total = np.zeros(len(EnergeticTerm._fields))
    step = max(_ROOM // (len(sets) + units**2 + 1), 1)
    for start in range(0, len(nodes), step):
        part = slice(start, start + step)
        log, force, curvature, energy = _terms([table[nodes[part]] for table in tables], sets, beta)
        w, rough = weight[part], weight[part] - coarse[part]
        total += [w @ log, rough @ log, w @ force, w @ curvature, w @ energy, rough @ energy]
    return (total[0], abs(total[1]), total[2], total[3], total[4], abs(total[5]))


def _terms(fields: list[Array], sets: NDArray[np.float64], beta: float) -> tuple[Array, Array, Array, Array]:
    """Logarithm, sum of squared first and of squared second derivatives, and violation probability at nodes (n, K)."""
    up, down, rise, fall, drift = fields
    terms = up @ sets.T + down @ (1 - sets.T)
    units = sets.shape[1]
    if not len(sets):
        terms = np.full((len(up), 1), -np.inf)
    top = np.maximum(terms.max(axis=1), -1e300)
    share = np.exp(terms - top[:, None])
    bare = top + np.log(share.sum(axis=1))
    floor = np.exp(-beta)
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
    return log, (first**2).sum(axis=1), curvature, violated


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
def _multisets(count: int, units: int) -> tuple[NDArray[np.intp], Array]:
    """Rows of non-decreasing indices below `count`, and in how many orders each can be written."""
    rows = np.array(list(combinations_with_replacement(range(count), units)), dtype=np.intp)
    orders = np.full(len(rows), float(factorial(units)))
    run = np.ones(len(rows))
    for k in range(1, units):
        run = np.where(rows[:, k] == rows[:, k - 1], run + 1, 1.0)
        orders /= run
    return rows, orders
