r"""Random K-satisfiability, replica-symmetric: population dynamics of the messages on an infinite random graph.

A clause of ratio :math:`\alpha` tells a variable the weight `t` of the value that does not satisfy it. Variables see
Poisson numbers :math:`d_\pm`, of mean :math:`k\alpha/2`, of clauses that want either value, so that

.. math:: 2h = \sum_{b=1}^{d_-}\log t_b - \sum_{b=1}^{d_+}\log t_b, \qquad
   t = 1-(1-e^{-\beta})\prod_{j=1}^{k-1}p_j, \qquad p = \frac1{1+e^{2h}},

and the free entropy per variable is that of a variable and its clauses, :math:`E\log(\prod^{d_+}t+\prod^{d_-}t)`,
and of :math:`\alpha` clauses, :math:`\alpha E\log[1-(1-e^{-\beta})\prod_{j=1}^kp_j]`, less that of the edges,
:math:`k\alpha E\log[1-p(1-t)]`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy import special

from replica_theory.arguments import POSITIVE, checked_integer, checked_kind, checked_number, checked_rng
from replica_theory.models.satisfiability import RandomSatisfiability
from replica_theory.numerics.progress import alive, tick
from replica_theory.results.quantities import SATISFIABILITY
from replica_theory.results.record import Record
from replica_theory.status import Status
from replica_theory.typing import Array

_LEAST = 1e-30
_BLOCKS = 20
"""Blocks of consecutive sweeps whose scatter gives the errors."""
_ORDERS, _NEGLIGIBLE = 200, 1e-8
"""Powers in the means of logarithms."""
_SURE = 3.0
"""Standard errors that a drift may have."""


@dataclass(frozen=True, eq=False, repr=False)
class SatisfiabilityEntropy(Record):
    r"""Replica-symmetric entropy of random K-satisfiability, nats per variable.

    Attributes
    ----------
    k : int
    beta, ratio : float
    entropy : float
        :math:`s = \phi + \beta\alpha e`.
    error : float
        Standard error of the entropy, from the scatter of 20 blocks of sweeps.
    free_entropy : float
    energy : float
        Fraction of violated clauses.
    energy_error : float
        Its standard error.
    overlap : float
        :math:`q = E m^2`.
    overlap_error : float
        Its standard error.
    annealed : float
        The first moment, an upper bound of the free entropy.
    status : Status
        ``MAX_ITERATIONS`` where the entropy still drifts from the first half of the sweeps to the second.
    """

    _quantities: ClassVar = SATISFIABILITY

    k: int
    beta: float
    ratio: float
    entropy: float
    error: float
    free_entropy: float
    energy: float
    energy_error: float
    overlap: float
    overlap_error: float
    annealed: float
    status: Status


def satisfiability_entropy(
    model: RandomSatisfiability,
    ratio: float,
    *,
    population: int = 20_000,
    sweeps: int = 200,
    rng: int | np.random.SeedSequence | np.random.Generator | None = 0,
) -> SatisfiabilityEntropy:
    r"""Replica-symmetric entropy of random K-satisfiability by population dynamics.

    Parameters
    ----------
    model : RandomSatisfiability
    ratio : float
        Clauses per variable, :math:`\alpha`.
    population : int
        Number of messages that stand for their law, at least 1000.
    sweeps : int
        Renewals of the population that are measured, at least 20; half as many go before.
    rng : int, SeedSequence, Generator or None
        Source of randomness; 0 by default, so that a call repeats itself.

    Returns
    -------
    SatisfiabilityEntropy

    Raises
    ------
    TypeError, ValueError
        If an argument is not allowed.

    Notes
    -----
    A sweep costs :math:`O(k^2\alpha)` numbers a message; with the defaults 4-SAT at 8 takes half a minute and its error
    is some 2e-4. The population has a bias of the order of its inverse. The entropy is exact below the condensation of
    the solutions (4-SAT: 9.547), where belief propagation is right on large formulas.

    References
    ----------
    R. Monasson and R. Zecchina, PRE 56, 1357 (1997); M. Mezard and G. Parisi, EPJB 20, 217 (2001).

    Examples
    --------
    >>> point = satisfiability_entropy(RandomSatisfiability(3), 2.0, population=2000, sweeps=20)
    >>> abs(point.entropy - 0.4235) < 0.01
    True
    """
    checked_kind("model", model, RandomSatisfiability)
    ratio = checked_number("ratio", ratio, POSITIVE)
    population, sweeps = checked_integer("population", population, 1000), checked_integer("sweeps", sweeps, _BLOCKS)
    checked_rng(rng)
    law = _Law(model, ratio, population, np.random.default_rng(rng))
    with alive("satisfiability_entropy"):
        for _ in range(sweeps // 2):
            law.renew()
            tick()
        measured = []
        for _ in range(sweeps):
            law.renew()
            measured.append(law.measure())
            tick()
    return _result(model, ratio, np.array(measured))


class _Law:
    """A population of messages."""

    def __init__(self, model: RandomSatisfiability, ratio: float, population: int, rng: np.random.Generator) -> None:
        self._model, self._ratio, self._rng = model, ratio, rng
        self._floor = float(np.exp(-model.beta))
        mean = 0.5 * model.k * ratio
        self._below = special.pdtr(np.arange(int(mean + 12 * np.sqrt(mean) + 30)), mean)
        self._log_t: Array = np.log(np.full(population, 1.0 - (1.0 - self._floor) * 0.5 ** (model.k - 1)))

    def renew(self) -> None:
        """Every message anew, from messages of the population."""
        count, others = len(self._log_t), self._model.k - 1
        wanted = self._fields(count * others)
        p = 1.0 / (1.0 + np.exp(wanted.reshape(count, others)))
        self._log_t = np.log(np.maximum(1.0 - (1.0 - self._floor) * np.prod(p, axis=1), _LEAST))

    def measure(self) -> tuple[float, float, float]:
        r"""Free entropy, energy and overlap.

        What is known of the means is not left to chance: that of the messages, that fields are even, and that the
        numbers of a clause or an edge are independent, so that :math:`E\log(1-xy) = -\sum_n\frac1nEx^n\,Ey^n`. Errors
        of the population cancel to first order.
        """
        count, k, x = len(self._log_t), self._model.k, 1.0 - self._floor
        h = 0.5 * self._fields(count)
        sites = 0.5 * k * self._ratio * self._log_t.mean() + np.logaddexp(h, -h).mean()
        larger = 0.5 * np.tanh(np.abs(0.5 * self._fields(count * k))) + 0.5
        p, silent = _moments(larger, 1.0 - larger), _moments(-np.expm1(self._log_t))
        orders = np.arange(1, _ORDERS + 1)
        clauses, edges = -np.sum(x**orders / orders * p**k), -np.sum(p * silent / orders)
        energy = self._floor * np.sum(x ** (orders - 1) * p**k)
        return (
            float(sites + self._ratio * (clauses - k * edges)), float(energy), float(np.mean(np.tanh(h) ** 2))
        )  # fmt: skip

    def _fields(self, count: int) -> Array:
        """Twice the fields on as many variables."""
        return np.clip(self._sums(count) - self._sums(count), -600.0, 600.0)

    def _sums(self, count: int) -> Array:
        """Sums of logarithms of Poisson numbers of messages, their numbers one from each part of the law."""
        parts = (np.arange(count) + self._rng.random(count)) / count
        degrees = self._rng.permutation(np.searchsorted(self._below, parts))
        drawn = self._log_t[self._rng.integers(0, len(self._log_t), int(degrees.sum()))]
        total = np.concatenate([[0.0], np.cumsum(drawn)])
        ends = np.cumsum(degrees)
        return np.asarray(total[ends] - total[ends - degrees])


def _moments(*numbers: Array) -> Array:
    """Mean powers of numbers in [0, 1], those of all arrays taken together; zero from where they are negligible on."""
    moments, powers = np.zeros(_ORDERS), [np.ones_like(x) for x in numbers]
    for order in range(_ORDERS):
        for power, x in zip(powers, numbers, strict=True):
            power *= x
        moments[order] = np.mean([power.mean() for power in powers])
        if moments[order] < _NEGLIGIBLE:
            break
    return moments


def _result(model: RandomSatisfiability, ratio: float, measured: Array) -> SatisfiabilityEntropy:
    """Means over the sweeps and their errors."""
    free, energy, overlap = measured.mean(axis=0)
    heat = model.beta * ratio if model.beta < np.inf else 0.0
    entropies = measured[:, 0] + heat * measured[:, 1]
    columns = np.column_stack([entropies, measured[:, 1], measured[:, 2]])
    means = np.array([block.mean(axis=0) for block in np.array_split(columns, _BLOCKS)])
    error, energy_error, overlap_error = map(float, means.std(axis=0, ddof=1) / np.sqrt(_BLOCKS))
    blocks = means[:, 0]
    drift = blocks[: _BLOCKS // 2].mean() - blocks[_BLOCKS // 2 :].mean()
    entropy = float(entropies.mean())
    status = Status.of(entropy, rounding=_SURE * error) if abs(drift) <= 2 * _SURE * error else Status.MAX_ITERATIONS
    errors = float(energy), energy_error, float(overlap), overlap_error
    values = entropy, error, float(free), *errors, model.annealed(ratio)
    return SatisfiabilityEntropy(model.k, model.beta, ratio, *values, status)
