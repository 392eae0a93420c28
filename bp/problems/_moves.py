r"""Compiled moves of one or many replicas on any walk: random numbers, acceptance, coupling.

A kind of walk is a named tuple of arrays, the replicas along their first axis, and three functions that are overloaded
for it: `cost`, what a flip would add to the energy; `turn`, the flip; `spin`, the weight.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit
from numba.extending import overload

_LARGEST = 64
"""Changes of the energy that the table of Boltzmann factors holds."""
STEEPEST = 700.0
"""Exponent of the largest Boltzmann factor: none is infinite."""


def cost(walk: Any, r: int, i: int) -> int:
    """What flipping weight `i` of replica `r` would add to its energy."""
    raise NotImplementedError(type(walk))


def turn(walk: Any, r: int, i: int) -> None:
    """Flip weight `i` of replica `r`."""
    raise NotImplementedError(type(walk))


def spin(walk: Any, r: int, i: int) -> int:
    """Weight `i` of replica `r`."""
    raise NotImplementedError(type(walk))


def offers(kind: type, **functions: Callable[..., Any]) -> None:
    """Make functions `cost`, `turn` and `spin` those of a kind of walk."""
    for name, compiled in functions.items():
        _overload(globals()[name], kind, compiled)


def _overload(generic: Callable[..., Any], kind: type, compiled: Callable[..., Any]) -> None:
    @overload(generic, strict=False, jit_options={"forceinline": True})
    def choose(walk: Any, r: Any, i: Any) -> Callable[..., Any] | None:
        if getattr(walk, "instance_class", None) is not kind:
            return None
        return lambda walk, r, i: compiled(walk, r, i)


@njit(cache=True)
def cost_of(walk: Any, i: int) -> int:
    """Cost of a flip of the first replica."""
    return cost(walk, 0, i)


@njit(cache=True)
def costs_of(walk: Any, out: Any) -> None:
    """Cost of every flip of the first replica."""
    for i in range(len(out)):
        out[i] = cost(walk, 0, i)


@njit(cache=True)
def turn_of(walk: Any, i: int) -> None:
    """A flip of the first replica."""
    turn(walk, 0, i)


@njit(cache=True)
def heat_bath(walk: Any, uniforms: Any, beta: float) -> int:
    """Propose every flip of the first replica once, in order; number of flips made."""
    made = 0
    for i in range(len(uniforms)):
        if uniforms[i] * (1.0 + np.exp(beta * cost(walk, 0, i))) < 1.0:
            turn(walk, 0, i)
            made += 1
    return made


@njit(cache=True)
def metropolis(
    walk: Any,
    proposals: Any,
    betas: Any,
    gains: Any,
    votes: Any,
    voting: bool,
    streams: Any,
    ends: bool,
    ordered: bool | None,
    energies: Any,
) -> tuple[int, int]:
    r"""Propose flips, replicas in turns; numbers of proposals and of flips.

    The walk may end where a replica has no energy left.

    So many `proposals` (K,) are made at each of the inverse temperatures `betas` (K,), with probability
    :math:`\min(1, e^{-\beta\Delta+g})`. The gain `g` of the coupling is in `gains` (K, 2, 2V + 1): what lowering and
    raising a weight brings where the vote :math:`\mu_i` is :math:`-V, \ldots, V`. `energies` (R,) go with the walk, and
    `votes` (N,) too if the replicas are `voting`. A replica draws its site and its acceptance from its own stream,
    32 bits each; unless `ordered` is None (which is compiled apart), the sites are 0, 1, ..., N - 1
    and again, from zero at each temperature, for all replicas alike.
    """
    replicas, n, shift = len(energies), len(votes), (gains.shape[2] - 1) // 2
    done, made, following, table = 0, 0, 0, np.empty(_LARGEST)
    for k in range(len(betas)):
        for change in range(_LARGEST):
            table[change] = np.exp(-betas[k] * change)
        pulls, site = np.exp(gains[k]), 0
        for _ in range(proposals[k]):
            r = following
            following = r + 1 if r + 1 < replicas else 0
            i, uniform = draw(streams, r, n)
            if ordered is not None:
                i = site
                if following == 0:
                    site = site + 1 if site + 1 < n else 0
            done += 1
            s, change = spin(walk, r, i), cost(walk, r, i)
            weight = table[change] if 0 <= change < _LARGEST else np.exp(min(-betas[k] * change, STEEPEST))
            if shift:
                weight *= pulls[(1 - s) >> 1, votes[i] + shift]
            if uniform >= weight:
                continue
            turn(walk, r, i)
            if voting:
                votes[i] -= 2 * s
            energies[r] += change
            made += 1
            if ends and energies[r] == 0:
                return done, made
    return done, made


@njit(cache=True)
def tempering(
    walk: Any, n: int, ladder: Any, first: int, energies: Any, record: Any, holders: Any, made: Any, swaps: Any
) -> None:
    r"""Heat-bath sweeps of replicas at temperatures of their own, neighbours of which exchange them after each.

    The replica `r` at the inverse temperature `k` proposes each of its `n` flips once, in order, and makes it with
    probability :math:`1/(1+e^{\beta_k\Delta E})`; then the temperatures `k` and `k + 1`, every other pair in turns,
    exchange their replicas with probability :math:`\min(1, e^{(\beta_{k+1}-\beta_k)(E_{k+1}-E_k)})`. `energies` (R,)
    go with the walk; `record` and `holders` (T, K) are the energy and the replica at each temperature after each of
    the T rounds, the first of which is number `first`; `made` (K,) and `swaps` (K - 1,) count flips and exchanges.
    """
    betas, at, streams = ladder
    rungs, chances = len(betas), np.empty((len(betas), 2 * _LARGEST + 1))
    for k in range(rungs):
        for change in range(-_LARGEST, _LARGEST + 1):
            chances[k, change + _LARGEST] = heat(betas[k], change)
    for t in range(len(record)):
        for k in range(rungs):
            r = at[k]
            for i in range(n):
                change = cost(walk, r, i)
                near = -_LARGEST <= change <= _LARGEST
                if uniform_of(streams, r) < (chances[k, change + _LARGEST] if near else heat(betas[k], change)):
                    turn(walk, r, i)
                    energies[r] += change
                    made[k] += 1
        for k in range((first + t) & 1, rungs - 1, 2):
            gain = (betas[k + 1] - betas[k]) * (energies[at[k + 1]] - energies[at[k]])
            if uniform_of(streams, rungs) < np.exp(min(gain, 0.0)):
                at[k], at[k + 1] = at[k + 1], at[k]
                swaps[k] += 1
        for k in range(rungs):
            record[t, k] = energies[at[k]]
            holders[t, k] = at[k]


@njit(cache=True)
def heat(beta: float, change: int) -> float:
    r"""Probability :math:`1/(1+e^{\beta\Delta E})` of a flip in the heat bath."""
    return float(1.0 / (1.0 + np.exp(min(beta * change, STEEPEST))))


@njit(cache=True)
def uniform_of(streams: Any, r: int) -> float:
    """A uniform number of a replica, 53 bits."""
    return np.float64(_next(streams, r) >> np.uint64(11)) * 2.0**-53


@njit(cache=True)
def draw(streams: Any, r: int, n: int) -> tuple[int, float]:
    """A site and a uniform number of a replica, 32 bits each."""
    bits = _next(streams, r)
    site = ((bits >> np.uint64(32)) * np.uint64(n)) >> np.uint64(32)
    uniform = np.float64(bits & np.uint64(0xFFFFFFFF)) * 2.0**-32
    return np.int64(site), uniform  # type: ignore[return-value]


@njit(cache=True)
def _next(streams: Any, r: int) -> Any:
    """The next 64 bits of a stream (xoshiro256++, Blackman and Vigna 2019)."""
    s0, s1, s2, s3 = streams[r, 0], streams[r, 1], streams[r, 2], streams[r, 3]
    total = s0 + s3
    drawn = ((total << np.uint64(23)) | (total >> np.uint64(41))) + s0
    t = s1 << np.uint64(17)
    s2 ^= s0
    s3 ^= s1
    s1 ^= s2
    s0 ^= s3
    s2 ^= t
    streams[r, 0], streams[r, 1], streams[r, 2] = s0, s1, s2
    streams[r, 3] = (s3 << np.uint64(45)) | (s3 >> np.uint64(19))
    return drawn
