r"""All solutions of small tree committees against replica theory, as N → ∞.

The part of a pattern that each unit sees is uniform on the sphere of radius :math:`\sqrt{N/K}`, so that no parity of
N/K enters; theory is the same. What is left of the finite size is extrapolated in 1/N: at loads that are multiples of
1/6, which all sizes have exactly. Elsewhere the rounding of P leaves the line scattered by some 1e-3.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from bp.ensembles.control_variates import control_variates
from bp.ensembles.draw import System
from bp.exact.enumeration import enumerate_solutions
from bp.execution.store import Point
from bp.messages.propagation import belief_propagation
from bp.problems.committee import Committee
from bp.validation.around_solutions import around_solutions
from bp.validation.comparison import Comparison, Job, Measured
from bp.validation.table import Row, compare
from bp.validation.theory import symmetric, typical
from replica_theory.models.committee import TreeCommittee

_BATCH = {12: 120, 18: 80, 24: 20}
"""Sizes, and machines of a job."""
_DISTANCES = (0.25, 0.35)
_REFERENCES = 60  # of each machine: their scatter is small beside that between machines


class CommitteeEnumeration(Comparison[TreeCommittee]):
    """Exact entropies of machines of three units, of all solutions and around each, and those of belief propagation."""

    name = "committee-enumeration"
    default = False
    layered = True
    order = 1
    columns = ("entropy", "bethe_excess", "around", "control_variates")

    def applies(self, model: System) -> bool:
        """Three units, which share the sizes."""
        return isinstance(model, TreeCommittee) and model.units == 3

    def sizes(self, n: Sequence[int]) -> tuple[int, ...]:
        """Small ones."""
        return tuple(_BATCH)

    def operations(self, model: TreeCommittee, n: int, n_patterns: int) -> float:
        """All configurations and patterns, of a batch."""
        return float(_BATCH[n]) * 2.0**n * n_patterns

    def measure(self, job: Job[TreeCommittee]) -> Point:
        """A batch of machines, along the first axis."""
        measured = [_one(job, seed) for seed in job.seeds(_BATCH[job.n])]
        return {name: np.stack([point[name] for point in measured]) for name in self.columns}

    def rows(self, measured: Measured[TreeCommittee]) -> list[Row]:
        """Entropy against theory, belief propagation against the entropy, Franz-Parisi entropy."""
        theory = partial(symmetric, measured.model, "entropy")
        row = Row("entropy", measured.alpha, np.nan, "replica symmetric", "enumeration", "equal")
        rows = compare(row, measured.values(theory, "entropy"), theory, each=False)
        row = Row("entropy difference", measured.alpha, np.nan, "enumeration", "belief propagation", "equal")
        rows += compare(row, measured.values(lambda _: 0.0, "bethe_excess"), 0.0, each=False)
        for k, d in enumerate(_DISTANCES):
            around = partial(_around, measured.model, k)
            row = Row("Franz-Parisi", measured.alpha, np.nan, "Franz-Parisi", "enumeration", "equal", distance=d)
            rows += compare(row, measured.values(around, "around", k), around, each=False)
        return rows


def _around(model: TreeCommittee, k: int, load: float) -> float:
    return float(typical(model, load, _DISTANCES)[k])


def _one(job: Job[TreeCommittee], seed: np.random.SeedSequence) -> Point:
    rng = np.random.default_rng(seed)
    machine = _sphere_committee(job, rng)
    found = enumerate_solutions(machine)
    run = belief_propagation(machine, damping=0.5, max_iter=3000, on_failure="return")
    entropy = found.entropy if found.count else np.nan
    bethe = run.entropy if run.converged and np.isfinite(run.entropy) else np.nan
    around, _ = around_solutions(found, job.n, _DISTANCES, _REFERENCES, rng)
    columns = (entropy, bethe - entropy, around, control_variates(machine))
    return dict(zip(CommitteeEnumeration.columns, map(np.asarray, columns), strict=True))


def _sphere_committee(job: Job[TreeCommittee], rng: np.random.Generator) -> Committee:
    """A machine on real patterns, whose parts are uniform on spheres."""
    units = int(job.model.units)
    parts = rng.standard_normal((round(job.alpha * job.n), units, job.n // units))
    parts *= np.sqrt(parts.shape[2]) / np.linalg.norm(parts, axis=2, keepdims=True)
    return Committee(parts.reshape(len(parts), job.n), units=units, tree=True)
