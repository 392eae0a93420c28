r"""Compiled passes of a step of AMP over the weights and over the patterns. Leaves: arrays in, preallocated arrays out.

What `bp.messages.amp.amp_step` says in formulas, between and after its two products with the patterns, for a margin at
any temperature. With :math:`x = (\kappa-\omega)/\sqrt V` and :math:`c = 1/(e^\beta-1)`,

.. math:: \sqrt V g = \frac{e^{-x^2/2}}{\sqrt{2\pi}\,(c + H(x))}
   = \frac{\sqrt{2/\pi}}{2c\,e^{x^2/2} + \mathrm{erfcx}(x/\sqrt2)}, \qquad \Gamma = g(g - x/\sqrt V).
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from bp.messages._vectors import BLOCK, exp, largest, scaled_tail, total
from replica_theory.typing import Array

_SQRT_HALF = math.sqrt(0.5)
_SQRT_2_OVER_PI = math.sqrt(2.0 / math.pi)
_FAR = 600.0  # exponent from which on it makes no difference


@njit(cache=True, nogil=True, error_model="numpy")
def magnetize(fields: Array, external: Array, m: Array) -> float:
    r"""Magnetisations :math:`m_i = \tanh(B_i+\theta_i)` and :math:`\sum_i(1-m_i^2)`.

    Parameters
    ----------
    fields, external : array, shape (N,)
        Fields `B` of the patterns, and others.
    m : array, shape (N,)
        Out.
    """
    space, result = np.empty(BLOCK), 0.0
    for start in range(0, m.size, BLOCK):
        stop = start + BLOCK
        part, added, out = fields[start:stop], external[start:stop], m[start:stop]
        rest = space[: out.size]
        for i in range(out.size):
            size = part[i] + added[i]
            e = exp(-2.0 * abs(size))
            value = (1.0 - e) / (1.0 + e)
            value = -value if size < 0.0 else value
            value = value if size == size else size
            out[i], rest[i] = value, 1.0 - value * value
        result += total(rest)
    return result


@njit(cache=True, nogil=True, error_model="numpy")
def respond(
    product: Array,
    old: Array,
    rest: Array,
    root: float,
    kappa: float,
    c: float,
    least: Array,
    scales: Array,
    g: Array,
    gamma: Array,
) -> tuple[float, float]:
    r"""Output terms of a margin, at :math:`\omega_a = N^{-1/2}\sum_i\xi_{ai}m_i - V_ag_a^{\mathrm{old}}`.

    Parameters
    ----------
    product : array, shape (P,)
        :math:`\sum_i\xi_{ai}m_i`.
    old : array, shape (P,)
        Output terms before.
    rest : array, shape (1,) or (P,)
        :math:`\sum_i\xi_{ai}^2(1-m_i^2)`.
    root, kappa, c : float
        :math:`\sqrt N`, margin, and :math:`1/(e^\beta-1)`.
    least, scales : arrays, shapes as `rest`
        Lower bounds of the variances, and scales of the output terms.
    g, gamma : arrays, shape (P,)
        Out: :math:`g_a` and :math:`\Gamma_a`.

    Returns
    -------
    float
        The sum of all :math:`\Gamma_a`.
    float
        The largest change of an output term, times its scale and :math:`N^{-1/2}`.
    """
    space, result, change = np.empty((2, BLOCK)), 0.0, 0.0
    for start in range(0, g.size, BLOCK):
        stop = start + BLOCK
        z, before, new, slope = product[start:stop], old[start:stop], g[start:stop], gamma[start:stop]
        x, over = space[0, : z.size], space[1, : z.size]
        one = rest.size == 1
        variances, bounds = rest if one else rest[start:stop], least if one else least[start:stop]
        _distances(z, before, variances, root, kappa, bounds, x, over)
        _hazards(x, over, c, new, slope)
        result += total(slope)
        for a in range(z.size):
            x[a] = abs(new[a] - before[a])
        if scales.size > 1:
            for a in range(z.size):
                x[a] *= scales[start + a]
        step = largest(x)
        change = change if change != change or step <= change else step
    return result, change * (scales[0] if scales.size == 1 else 1.0) / root


@njit(cache=True, error_model="numpy")
def _distances(
    product: Array, old: Array, rest: Array, root: float, kappa: float, least: Array, x: Array, over: Array
) -> None:
    """Distances to the margin in standard deviations, and their number per unit."""
    if rest.size == 1:
        v = max(rest[0] / (root * root), least[0])
        rate = 1.0 / math.sqrt(v)
        for a in range(x.size):
            over[a], x[a] = rate, (kappa - (product[a] / root - v * old[a])) * rate
    else:
        for a in range(x.size):
            v = max(rest[a] / (root * root), least[a])
            rate = 1.0 / math.sqrt(v)
            over[a], x[a] = rate, (kappa - (product[a] / root - v * old[a])) * rate


@njit(cache=True, error_model="numpy")
def _hazards(x: Array, over: Array, c: float, g: Array, gamma: Array) -> None:
    """The output terms from the distances `x` to the margin in standard deviations 1 / `over`."""
    for a in range(x.size):
        size = abs(x[a])
        linear = 1.0 + (2.0 * _SQRT_HALF) * size
        tail = scaled_tail(size * _SQRT_HALF)
        power = exp(min(0.5 * size * size, _FAR)) * linear
        above, below = tail + 2.0 * c * power, 2.0 * (1.0 + c) * power - tail
        value = _SQRT_2_OVER_PI * linear / (above if x[a] > 0.0 else below) * over[a]
        g[a], gamma[a] = value, value * (value - x[a] * over[a])


@njit(cache=True, nogil=True, error_model="numpy")
def advance(product: Array, m: Array, reaction: Array, root: float, damping: float, old: Array, fields: Array) -> float:
    r"""New fields :math:`B_i = N^{-1/2}\sum_a\xi_{ai}g_a + m_i\,\tfrac1N\sum_a\xi_{ai}^2\Gamma_a`, damped.

    Parameters
    ----------
    product : array, shape (N,)
        :math:`\sum_a\xi_{ai}g_a`.
    m : array, shape (N,)
    reaction : array, shape (1,) or (N,)
        :math:`\sum_a\xi_{ai}^2\Gamma_a`.
    root, damping : float
        :math:`\sqrt N`, and the weight of the old fields.
    old : array, shape (N,)
        Fields before.
    fields : array, shape (N,)
        Out.

    Returns
    -------
    float
        The largest undamped change.
    """
    space, n, keep, change = np.empty(BLOCK), root * root, 1.0 - damping, 0.0
    for start in range(0, m.size, BLOCK):
        stop = start + BLOCK
        z, now, before, new = product[start:stop], m[start:stop], old[start:stop], fields[start:stop]
        move = space[: now.size]
        if reaction.size == 1:
            each = reaction[0] / n
            for i in range(now.size):
                move[i] = z[i] / root + now[i] * each - before[i]
        else:
            for i in range(now.size):
                move[i] = z[i] / root + now[i] * reaction[start + i] / n - before[i]
        for i in range(now.size):
            new[i] = before[i] + keep * move[i]
            move[i] = abs(move[i])
        step = largest(move)
        change = change if change != change or step <= change else step
    return change
