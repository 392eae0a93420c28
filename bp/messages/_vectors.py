r"""Special functions for loops that the compiler turns into vector instructions: no branches, no calls.

They are inlined where they are used. Products and sums are rounded one by one, as written, so that every processor and
every vector length gives the same bits. Relative errors are a few units of rounding (tested against scipy).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit

from replica_theory.typing import Array

LANES = 16
"""Partial sums of a reduction: one for each lane of two registers of eight numbers."""
BLOCK = 512
"""Numbers that are worked on at a time: some arrays of as many stay in the first cache."""
EXPONENT_MAX = 708.0
"""Beyond it in size `exp` would leave the normal numbers; it is taken there instead."""
_LOG2_E = 1.0 / math.log(2.0)
_LN2_HIGH, _LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10  # log 2, the first with 21 zero bits
_ROUND = 1.5 * 2.0**52  # added, the last bits of the sum are the nearest integer
_ROUND_BITS = 0x4338000000000000
_SQRT_HALF = math.sqrt(0.5)
_SQRT_HALF_BITS = 0x3FE6A09E667F3BCD
_MIDDLE = 3.75  # of the map of [0, inf] to [-1, 1] that the polynomial of `scaled_tail` is in
_FINITE = 1e300  # the largest number that it is formed of


@njit(cache=True, inline="always", error_model="numpy")
def exp(x: Any) -> Any:
    r""":math:`e^x`, `x` taken within ±`EXPONENT_MAX`.

    :math:`2^k e^r` with :math:`|r|\le\tfrac12\log2`, and :math:`(e^r-1-r)/r^2` of degree 9, through Chebyshev nodes.
    """
    x = min(max(x, -EXPONENT_MAX), EXPONENT_MAX)
    shifted = x * _LOG2_E + _ROUND
    k = shifted - _ROUND
    r = (x - k * _LN2_HIGH) - k * _LN2_LOW
    r2 = r * r
    r4 = r2 * r2
    low = (0.5 + r * 0.1666666666666667) + r2 * (0.041666666666624164 + r * 0.008333333333330065)
    high = (0.0013888888917196719 + r * 0.00019841269863040545) + r2 * (
        2.4801521322368692e-05 + r * 2.7557268480310024e-06
    )
    high = high + r4 * (2.7620075879983367e-07 + r * 2.5100375832561234e-08)
    power = 1.0 + (r + r2 * (low + r4 * high))
    exponent = np.int64(np.float64(shifted).view(np.int64)) - np.int64(_ROUND_BITS)
    return np.int64(np.float64(power).view(np.int64) + (exponent << np.int64(52))).view(np.float64)


@njit(cache=True, inline="always", error_model="numpy")
def log(x: Any) -> Any:
    r""":math:`\log x` of a positive normal number.

    :math:`k\log2 + \log(1+f)` with :math:`1+f` between :math:`\sqrt{1/2}` and :math:`\sqrt2`, and a polynomial in
    :math:`s^2`, :math:`s = f/(2+f)`: the way and the coefficients of fdlibm.
    """
    offset = np.int64(np.float64(x).view(np.int64)) - np.int64(_SQRT_HALF_BITS)
    exponent = offset >> np.int64(52)
    k = float(exponent)
    f = np.int64(np.float64(x).view(np.int64) - (exponent << np.int64(52))).view(np.float64) - 1.0
    s = f / (2.0 + f)
    z = s * s
    w = z * z
    low = (6.666666666666735130e-01 + z * 3.999999999940941908e-01) + w * (
        2.857142874366239149e-01 + z * 2.222219843214978396e-01
    )
    high = (1.818357216161805012e-01 + z * 1.531383769920937332e-01) + w * 1.479819860511658591e-01
    series = z * (low + (w * w) * high)
    half = 0.5 * f * f
    return k * _LN2_HIGH - ((half - (s * (half + series) + k * _LN2_LOW)) - f)


@njit(cache=True, inline="always", error_model="numpy")
def scaled_tail(x: Any) -> Any:
    r""":math:`(1+2x)e^{x^2}\mathrm{erfc}(x)` for `x` from 0, which is between 1 and 1.24.

    A polynomial of degree 23 in :math:`t = (x-c)/(x+c)`, through Chebyshev nodes.
    """
    x = min(x, _FINITE)
    t = (x - _MIDDLE) / (x + _MIDDLE)
    t2 = t * t
    t4 = t2 * t2
    t8 = t4 * t4
    a = (1.2375126308378275 - t * 0.14024059858554702) + t2 * (0.003585415485479575 + t * 0.08227673849014977)
    b = (-0.10880393014246645 + t * 0.09230432116025894) + t2 * (-0.05869339857631061 + t * 0.028362277420377335)
    c = (-0.00974657968596217 + t * 0.001755625843431864) + t2 * (0.000293714390578856 - t * 0.00029015404203352704)
    d = (5.164649341002877e-05 + t * 2.2384138525656757e-05) + t2 * (
        -1.1437980374495534e-05 - t * 9.733875167494142e-07
    )
    e = (1.7419011945194367e-06 - t * 5.741076073013916e-08) + t2 * (
        -2.4851108650210706e-07 + t * 2.3398534313040898e-08
    )
    f = (3.195398612057818e-08 - t * 3.798189797736207e-09) + t2 * (-2.618520156503145e-09 + t * 3.2052623379289157e-10)
    return (a + t4 * b) + t8 * ((c + t4 * d) + t8 * (e + t4 * f))


@njit(cache=True, error_model="numpy")
def total(x: Array) -> float:
    """Sum, in an order that no vector length changes."""
    partial = np.zeros(LANES)
    whole = x.size - x.size % LANES
    for i in range(0, whole, LANES):
        for lane in range(LANES):
            partial[lane] += x[i + lane]
    for i in range(whole, x.size):
        partial[0] += x[i]
    result = 0.0
    for lane in range(LANES):
        result += partial[lane]
    return result


@njit(cache=True, error_model="numpy")
def largest(x: Array) -> float:
    """The largest of non-negative numbers; NaN if one is."""
    best = np.zeros(LANES)
    whole = x.size - x.size % LANES
    for i in range(0, whole, LANES):
        for lane in range(LANES):
            a = x[i + lane]
            best[lane] = best[lane] if a <= best[lane] else (best[lane] if best[lane] != best[lane] else a)
    for i in range(whole, x.size):
        best[0] = best[0] if x[i] <= best[0] or best[0] != best[0] else x[i]
    result = 0.0
    for lane in range(LANES):
        result = best[lane] if not best[lane] <= result else result
        if result != result:
            break
    return result
