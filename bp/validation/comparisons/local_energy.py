"""Local energy around typical solutions, by theory and from the messages of instances."""

from __future__ import annotations

from functools import lru_cache, partial

import numpy as np

from bp.ensembles.control_variates import control_variates
from bp.ensembles.draw import System
from bp.execution.store import Point
from bp.messages.propagation import BPResult, belief_propagation
from bp.problems.perceptron import Instance
from bp.problems.problem import Domain
from bp.validation.comparison import Comparison, Job, Measured
from bp.validation.table import Expected, Row, compare
from bp.validation.theory import at_distance, symmetric
from replica_theory.models.model import Model
from replica_theory.status import silenced
from replica_theory.thresholds.local_energy import local_energy
from replica_theory.typing import Array

_FAR = 9.0
"""Standard deviations of a stability that are integrated over."""
_NODES = np.polynomial.legendre.leggauss(100)


class LocalEnergies(Comparison[Model]):
    r"""Fraction of patterns violated at a distance from typical solutions.

    No typical solution is known, but messages know the law of its stabilities: pattern by pattern a Gaussian of mean
    :math:`\omega_a` and variance :math:`V_a` on what is allowed. Over it :math:`\Pr[th + \sqrt{1-t^2}\,x]` of a
    violation is averaged.
    """

    name = "local-energy"
    domains: tuple[Domain, ...] = ("spins", "reals")
    default = False
    order = 8
    columns = ("local_energy", "control_variates")

    def applies(self, model: System) -> bool:
        """Random labels, at which the theory has typical references."""
        return isinstance(model, Model) and not model.has_teacher

    def measure(self, job: Job[Model]) -> Point:
        """Energies around the solutions of one instance; NaN where messages do not converge."""
        instance = job.instance()
        run = belief_propagation(instance, "amp", init=1.0 if job.model.is_even else None, rng=0, on_failure="return")
        energy = _around_typical(instance, run, job.distances) if run.converged else np.full(len(job.distances), np.nan)
        return {"local_energy": energy, "control_variates": control_variates(instance)}

    def rows(self, measured: Measured[Model]) -> list[Row]:
        """Distance by distance."""
        stable = symmetric(measured.model, "stability", measured.alpha) > 0
        expected: Expected = "equal" if stable else "near"
        rows = []
        for k, d in enumerate(measured.distances):
            theory = partial(at_distance, _typical, measured, k)
            row = Row("local energy", measured.alpha, np.nan, "around typical", "belief propagation", expected,
                      assumption="" if stable else "replica symmetry (unstable)", distance=d)  # fmt: skip
            rows += compare(row, measured.values(theory, "local_energy", k), theory)
        return rows


def _around_typical(instance: Instance, run: BPResult, distances: tuple[float, ...]) -> Array:
    """The energies, from the messages of patterns of ±1."""
    assert run.messages.g is not None
    n, variance = instance.n, run.mean_square - run.overlap
    omega = instance.products(run.magnetizations) / np.sqrt(n) - variance * run.messages.g
    std = np.sqrt(variance)
    total, violated = np.zeros_like(omega), np.zeros((len(distances), len(omega)))
    for low, high in instance.allowed.stabilities:
        start = np.clip(omega - _FAR * std, low, high)
        end = np.clip(np.maximum(omega, start) + _FAR * std, low, high)
        nodes = start[:, None] + (end - start)[:, None] * 0.5 * (1 + _NODES[0])
        mass = np.exp(-0.5 * ((nodes - omega[:, None]) / std) ** 2) * _NODES[1] * (end - start)[:, None]
        total += mass.sum(axis=1)
        for k, d in enumerate(distances):
            t = 1 - 2 * d
            log = instance.model.log_probability(t * nodes, np.sqrt(1 - t**2)).log
            violated[k] += (mass * -np.expm1(log)).sum(axis=1)
    return np.asarray(np.mean(violated / total, axis=1))


@lru_cache(maxsize=256)
def _typical(model: Model, load: float, distances: tuple[float, ...]) -> Array:
    """Energies around typical solutions by theory; NaN where there are none."""
    with silenced():
        return np.asarray(local_energy(model, load, np.array(distances), "typical").energy)
