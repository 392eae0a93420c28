r"""Replicas and reference of a few levels: the entropic term of finite `y` by sums over the reference's.

Around the level :math:`\tilde W` of the reference the replicas share the field
:math:`f\sim\mathcal N(h + \tau\tilde W, \hat q_1-\hat q_0)`,

.. math:: G_S = E_{(\tilde h, h)}\log\sum_{\tilde W} e^{\tilde h\tilde W - \tilde c\tilde W^2/2}
   \int\!Df\,e^{y\,g(f, c)} .
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from replica_theory.models.weights import DiscreteWeights
from replica_theory.numerics.gaussian import Rule, multi_rule
from replica_theory.numerics.inner_grid import inner_grid
from replica_theory.typing import Array

_NARROW = 0.01
"""An inner Gaussian whose variance is this much smaller than that of the rest of the integrand has its own grid."""
_STEEPNESS = 0.6
_FEW = 5.0
"""Up to this number of replicas the levels of a single weight are as steep as anything."""
_COARSE = 121
"""Outer fields among which switches are looked for."""


class DiscreteFields(NamedTuple):
    r"""Conjugates of the overlaps and of the mean squared weights.

    They are :math:`\hat q_0`, :math:`\hat q_1-\hat q_0`, :math:`\hat t_0/\hat q_0`, what that leaves of
    :math:`\hat{\tilde q}`, :math:`\tau`, and those of the mean squares of replicas and reference.
    """

    q0: float
    gap: float
    slope: float
    rest: float
    tau: float
    c: float
    c_ref: float


class DiscreteWeightsAround(NamedTuple):
    r"""What the entropic term says; `own`, `cross` and `along` are the Jacobian of the means at nodes of `weight`."""

    value: float
    log: float
    q0: float
    q1: float
    t: float
    t0: float
    q_ref: float
    square: float
    square_ref: float
    curvature: float
    weight: Array
    own: Array
    cross: Array
    along: Array


def discrete_y(
    weights: DiscreteWeights, fields: DiscreteFields, y: float, outer: int, across: Rule, spacing: float
) -> DiscreteWeightsAround | None:
    """The term at given conjugates, with so many outer nodes; None where the inner nodes are not found.

    `across` is the rule of the reference's own field, a point for free references.
    """
    levels, root = np.array(weights.levels), max(float(np.sqrt(fields.q0)), 1e-9)
    sharp = 1 / max(y, 1.0)
    steps = list(zip(_ties(weights, fields.c), _widths(weights), strict=True)) if y <= _FEW else None
    steps = _switches(weights, fields, y, root, spacing) if steps is None else steps
    if not steps:
        return None
    z = multi_rule([np.asarray(np.clip(place / root, -8, 8)) for place, _ in steps],
                   [np.asarray(sharp * width / root) for _, width in steps], outer)  # fmt: skip
    if not np.isfinite(z.nodes).all():
        return None
    h = np.sqrt(fields.q0) * z.nodes
    around = [_around_one(weights, fields, y, h + fields.tau * level, spacing) for level in levels]
    logs, averages = [], []
    for one in around:
        if one is None:
            return None
        logs.append(one[0])
        averages.append(one[1])
    field = fields.slope * h[:, None] + np.sqrt(max(fields.rest, 0.0)) * across.nodes
    exponents = (
        np.stack(logs)[:, :, None] + levels[:, None, None] * field - 0.5 * fields.c_ref * levels[:, None, None] ** 2
    )
    top = exponents.max(axis=0)
    share = np.exp(exponents - top)
    total = share.sum(axis=0)
    share = share / total
    table = np.stack(averages)  # level, outer node, quantity

    def expect(values: Array) -> float:
        return float(z.integrate(across.integrate(np.broadcast_to(values, total.shape))))

    def mixed(k: int) -> Array:
        return np.asarray((share * table[:, :, k, None]).sum(axis=0))

    m, second, reference = mixed(0), mixed(1), np.einsum("k,kij->ij", levels, share)
    aligned = np.asarray((share * (levels[:, None] * table[:, :, 0])[:, :, None]).sum(axis=0))
    square_ref = np.einsum("k,kij->ij", levels**2, share)
    return DiscreteWeightsAround(
        expect(top + np.log(total)),
        expect(mixed(2)),
        expect(m**2),
        expect(second),
        expect(aligned),
        expect(reference * m),
        expect(reference**2),
        expect(second + mixed(3)),
        expect(square_ref),
        expect(mixed(4)),
        z.weights[:, None] * across.weights,
        square_ref - reference**2,
        aligned - reference * m,
        mixed(3) + y * (second - m**2),
    )


def _switches(
    weights: DiscreteWeights, fields: DiscreteFields, y: float, root: float, spacing: float
) -> list[tuple[float, float]]:
    """Outer fields at which the reference, or its replicas around one level of it, change from one level to the next.

    Empty where they are not found.
    """
    h = root * np.linspace(-8, 8, _COARSE)
    levels, widths = weights.levels, _widths(weights)
    around = [_around_one(weights, fields, y, h + fields.tau * level, spacing) for level in levels]
    found: list[tuple[float, float]] = []
    logs = []
    for one, level in zip(around, levels, strict=True):
        if one is None:
            return []
        logs.append(one[0] + fields.slope * h * level - 0.5 * fields.c_ref * level**2)
    for k, width in enumerate(widths):
        found.append((float(np.interp(0.0, logs[k + 1] - logs[k], h)), width))
        middle = 0.5 * (levels[k] + levels[k + 1])
        found += [(float(np.interp(middle, one[1][:, 0], h)), width) for one in around if one is not None]
    places = sorted(found)
    apart = [place for k, place in enumerate(places) if k == 0 or place[0] - places[k - 1][0] > 0.3 * place[1] / y]
    return [place for place in apart if abs(place[0]) < 8 * root] or [(0.0, widths[0])]


def _around_one(
    weights: DiscreteWeights, fields: DiscreteFields, y: float, center: Array, spacing: float
) -> tuple[Array, Array] | None:
    """Logarithm of the integral over f, and averages of the mean, its square, g, the variance and its square."""
    width = float(np.sqrt(fields.gap))
    most = float(np.sqrt(weights.most_square))
    if fields.gap * max(y, 1.0) * weights.most_square < _NARROW:
        count = int(np.ceil(9 / spacing))
        moved = center + y * fields.gap * weights.mean(center, fields.c)
        f = moved[:, None] + width * spacing * np.arange(-count, count + 1)
        log_df = np.log(np.full(1, width * spacing))
    else:
        reach = y * fields.gap * most
        ends = np.array([center.min() - reach, center.max() + reach])
        steps = [(tie, _STEEPNESS * size) for tie, size in zip(_ties(weights, fields.c), _widths(weights), strict=True)]
        f, log_df = inner_grid(steps, ends, width, spacing)
    if not np.isfinite(f).all():
        return None
    tilt = weights.tilt(f, fields.c)
    log_weight = -((f - center[:, None]) ** 2) / (2 * fields.gap) + y * tilt.log + log_df
    top = log_weight.max(axis=1)
    weight = np.exp(log_weight - top[:, None])
    one = np.ones_like(f)
    columns = np.stack([one, tilt.mean, tilt.mean**2, tilt.log, tilt.variance, tilt.variance**2], axis=-1)
    sums = weight @ columns if columns.ndim == 2 else (weight[:, None] @ columns)[:, 0]
    return top + np.log(sums[:, 0]) - 0.5 * np.log(2 * np.pi * fields.gap), sums[:, 1:] / sums[:, :1]


def _ties(weights: DiscreteWeights, c: float) -> list[float]:
    """Fields between the levels."""
    return [0.5 * (a + b) * c for a, b in zip(weights.levels[:-1], weights.levels[1:], strict=True)]


def _widths(weights: DiscreteWeights) -> list[float]:
    return [2 / (b - a) for a, b in zip(weights.levels[:-1], weights.levels[1:], strict=True)]
