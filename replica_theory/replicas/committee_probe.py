r"""The energetic term of a probe around a typical reference, both behind a few hidden units of signs.

Unit by unit the reference has the field :math:`k = \sqrt{\tilde q}x` and the stability `s`, the probe the field
:math:`h = (t_0/\sqrt{\tilde q})x + \sigma v`, where `v` is what its fluctuations and those of the stability have in
common. Given both fields a unit of the reference is right with the probability `c(x, v)`, and the reference with
:math:`\sum_S\prod_{l\in S}c_l\prod_{l\notin S}(1-c_l)` over the sets that suffice, so that the average

.. math:: G_E = E_x\frac1{P(x_1..x_K)}\sum_S\int\prod_lDv_l\,\prod_{l\in S}c_l\prod_{l\notin S}(1-c_l)\,
   \log P(h_1..h_K)

is a chain of sums over one unit each: :math:`\log P` is a function on the nodes of `K` fields, which is interpolated
(by sinc functions in the coordinate of the nodes) at the fields of one unit after the other.
"""

from __future__ import annotations

from functools import lru_cache
from math import comb
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special

from replica_theory.models.committee import TreeCommittee
from replica_theory.models.model import Model
from replica_theory.numerics.gaussian import multi_rule
from replica_theory.typical.majority import UnitTerms, field_rule, multisets, sufficient, unit_terms
from replica_theory.typing import Array

_UNITS = (1, 3)
"""What there is memory and time for."""
_NODES = {121: (33, 49, 33), 241: (41, 65, 49), 481: (49, 89, 65)}
"""Nodes of a reference's field, of a probe's, and of what is between them, by those that single fields would have."""
_COARSER = 8
"""By how many nodes the rules are smaller whose difference bounds the error."""
_DAMPED = 2 / 3
"""The functions that are interpolated are first multiplied by so high a power of a Gaussian density."""


def require_few(model: Model) -> None:
    """Refuse a hidden layer of more units than are known here, but for infinitely many.

    Raises
    ------
    ValueError
        If it is such a layer.
    """
    if isinstance(model, TreeCommittee) and model.hidden == "finite" and model.units not in _UNITS:
        raise ValueError(f"units of the model must be inf, 1 or 3 here; got {int(model.units)}")


class Overlaps(NamedTuple):
    r"""Of references, of probes, of a probe with its reference and with others; the variance :math:`c^2`."""

    ref: float
    q: float
    t: float
    t0: float
    c2: float


class CommitteeProbe(NamedTuple):
    """Mean logarithm, its error, forces in q, t0 and t, probability of a violation, second derivatives squared."""

    value: float
    error: float
    force: float
    aside: float
    pull: float
    energy: float
    curvature: float


def committee_probe(
    probe: TreeCommittee, reference: TreeCommittee, at: Overlaps, nodes: int, *, errors: bool = False
) -> CommitteeProbe:
    """The term at overlaps; `nodes` is what a single field would have, `errors` says whether the error is estimated."""
    found = _term(probe, reference, at, _NODES[nodes])
    if not errors:
        return found
    rough = _term(probe, reference, at, tuple(n - _COARSER for n in _NODES[nodes]))
    return found._replace(error=found.error + abs(found.value - rough.value))


class _Unit(NamedTuple):
    """Sums over one unit: from nodes of its reference's field to nodes of the probe's, if it is right or wrong.

    `turned` is the derivative of the first (and minus that of the second) in the mean stability.
    """

    right: Array
    wrong: Array
    turned: Array


def _term(probe: TreeCommittee, reference: TreeCommittee, at: Overlaps, nodes: tuple[int, ...]) -> CommitteeProbe:
    units = int(probe.units)
    width, ref_width = float(np.sqrt(1 - at.q)), float(np.sqrt(1 - at.ref))
    x, weights = field_rule(ref_width / _root(at.ref), nodes[0])
    u, _ = field_rule(width / _root(at.q), nodes[1])
    prior = unit_terms(reference, np.sqrt(at.ref) * x, ref_width)
    ours = unit_terms(probe, np.sqrt(at.q) * u, width)
    unit = _unit(at, x, u, nodes[2])
    base = np.exp(-_spread(prior.log, len(x), units))
    for axis in range(units):
        base = base * weights.reshape([-1 if axis == k else 1 for k in range(units)])
    often = _sizes(reference)
    measure = sum(
        often[m] * comb(units, m) * _chain(base, [unit.right] * m + [unit.wrong] * (units - m))
        for m in range(units + 1)
        if often[m]
    )
    first = _first(ours, len(u), units)
    aside = _forces(base * _first(prior, len(x), units), unit, often)
    turned = _Unit(unit.turned, -unit.turned, unit.turned)
    pull = _forces(base, unit, often, turned)
    log = _spread(ours.log, len(u), units)
    return CommitteeProbe(
        float(np.sum(measure * log)),
        float(abs(np.sum(measure) - 1)),
        float(np.sum(measure * _spread(ours.force, len(u), units))),
        float(units * np.sum(aside * first)),
        float(units * np.sum(pull * first)),
        float(np.sum(measure * _spread(ours.violated, len(u), units))),
        float(np.sum(measure * _spread(ours.curvature, len(u), units))),
    )


def _unit(at: Overlaps, x: Array, u: Array, nodes: int) -> _Unit:
    """The sums over what a probe's field has beside that of its reference."""
    std = float(np.sqrt(1 - at.ref))
    a, b = at.t0 / _root(at.ref) if at.ref > 0 else 0.0, (at.t - at.t0) / std
    spread = float(np.hypot(b, np.sqrt(at.c2)))
    share, apart = (b / spread, float(np.sqrt(at.c2)) / spread) if spread > 1e-12 else (0.0, 1.0)
    given = std * max(apart, 1e-15)
    slope, scale = max(abs(std * share), 1e-9), max(spread, 1e-9)
    centers = [-np.sqrt(at.ref) * x / (std * share if abs(std * share) > 1e-9 else 1e-9), -a * x / scale]
    widths = [np.full_like(x, given / slope), np.full_like(x, np.sqrt(1 - at.q) / scale)]
    v = multi_rule(centers, widths, nodes)
    stability = (np.sqrt(at.ref) * x[:, None] + std * share * v.nodes) / given
    basis = _basis((a * x[:, None] + spread * v.nodes) / _root(at.q), u, 2 * float(np.sqrt(1 - at.q)) / _root(at.q))
    right, wrong = special.ndtr(stability), special.ndtr(-stability)
    turned = np.exp(-0.5 * stability**2) / (np.sqrt(2 * np.pi) * given)
    return _Unit(*(np.einsum("jv,jvi->ji", v.weights * f, basis) for f in (right, wrong, turned)))


def _root(overlap: float) -> float:
    """The spread of fields, not quite 0 where there is none (a constraint that all configurations satisfy)."""
    return max(float(np.sqrt(overlap)), 1e-9)


def _basis(at: Array, u: Array, scale: float) -> Array:
    """Interpolation from the nodes u, which are even in arcsinh(u / scale)."""
    y = np.arcsinh(u / scale)
    sinc = np.sinc((np.arcsinh(at / scale)[..., None] - y) / (y[1] - y[0]))
    return np.asarray(sinc * np.exp(0.5 * _DAMPED * (at[..., None] ** 2 - u**2)))


def _sizes(model: TreeCommittee) -> list[float]:
    """The weight of a pattern with so many units right: 1 where they suffice, the Boltzmann factor elsewhere."""
    units, beta = int(model.units), float(np.asarray(model.beta))
    least = sufficient(units, float(np.asarray(model.kappa)))
    return [1.0 if m >= least else float(np.exp(-beta)) for m in range(units + 1)]


def _chain(base: Array, matrices: list[Array]) -> Array:
    """The base with one matrix for each of its axes."""
    for matrix in matrices:
        base = np.tensordot(base, matrix, axes=(0, 0))
    return base


def _forces(base: Array, unit: _Unit, often: list[float], first: _Unit | None = None) -> Array:
    """The measure where the first axis is that of a certain unit, whose sums may be others."""
    own, others = unit if first is None else first, base.ndim - 1
    total = np.zeros(())
    for m in range(others + 1):
        rest = [unit.right] * m + [unit.wrong] * (others - m)
        for matrix, weight in ((own.right, often[m + 1]), (own.wrong, often[m])):
            if weight:
                total = total + weight * comb(others, m) * _chain(base, [matrix, *rest])
    return np.asarray(total)


def _spread(values: Array, count: int, units: int) -> Array:
    """Values at multisets of nodes as an array over all nodes."""
    return np.asarray(values[_places(count, units)[0]])


def _first(terms: UnitTerms, count: int, units: int) -> Array:
    """The derivative in the field of the first unit, over all nodes."""
    rows, place = _places(count, units)
    return np.asarray(terms.first[rows, place])


@lru_cache(maxsize=8)
def _places(count: int, units: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Of every list of indices its multiset, and the place there of its first one."""
    lists = np.indices((count,) * units).reshape(units, -1)
    ordered = np.sort(lists, axis=0)
    key = np.ravel_multi_index(tuple(ordered), (count,) * units)
    nodes, _ = multisets(count, units)
    known = np.ravel_multi_index(tuple(nodes.T.astype(np.int64)), (count,) * units)
    rows = np.searchsorted(known, key)
    place = np.argmax(ordered == lists[:1], axis=0)
    shape = (count,) * units
    return rows.reshape(shape), place.reshape(shape)
