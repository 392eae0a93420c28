"""Entropy around a solution that is known to be typical: the teacher, or a planted solution of an even constraint."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from bp.ensembles.control_variates import control_variates
from bp.ensembles.draw import System
from bp.execution.store import Point
from bp.messages.local_entropy import local_entropy
from bp.problems.perceptron import Instance
from bp.validation.comparison import Comparison, Job, Measured
from bp.validation.table import Expected, Row, compare
from bp.validation.theory import at_distance, symmetric, typical
from replica_theory.models.model import Model
from replica_theory.status import silenced

_NEVER = 1e-300  # probability of a pattern that is allowed, where there is none to speak of
_MAX_ITER = 400  # where solutions are about to be isolated messages settle slowly or never


class Planted(Comparison[Model]):
    r"""Franz-Parisi entropy against belief propagation around a typical solution.

    At margin 0 the teacher is a typical solution of the patterns it labels. For an even constraint whose annealed
    entropy is exact (q = 0, stable) patterns drawn so that a reference satisfies them make it a typical solution
    (contiguity: Abbe, Li and Sly, FOCS 2021; Aubin, Perkins and Zdeborová 2019 for the u-shape). For random labels and
    an odd constraint no typical solution is known beforehand.
    """

    name = "planted"
    order = 4
    columns = ("local_entropy", "control_variates")

    def applies(self, model: System) -> bool:
        """Models with a teacher at margin 0, and even ones."""
        return isinstance(model, Model) and (
            model.is_even or (model.has_teacher and float(np.asarray(model.kappa)) == 0)
        )

    def operations(self, model: Model, n: int, n_patterns: int) -> float:
        """Patterns drawn until enough are allowed, where they are planted."""
        if not model.is_even:
            return 0.0
        allowed = sum(float(ndtr(high) - ndtr(low)) for low, high in model.allowed_intervals or ())
        return n * n_patterns / max(allowed, _NEVER)

    def measure(self, job: Job[Model]) -> Point:
        """Local entropies around the planted solution of one instance."""
        instance, reference = (_planted if job.model.is_even else _taught)(job)
        with silenced():
            curve = local_entropy(instance, reference, job.distances, method="amp", max_iter=_MAX_ITER)
        return {"local_entropy": curve.entropy, "control_variates": control_variates(instance)}

    def rows(self, measured: Measured[Model]) -> list[Row]:
        """Distance by distance, where solutions are."""
        source = "around planted" if measured.model.is_even else "around teacher"
        contiguous = not measured.model.is_even or (
            symmetric(measured.model, "q", measured.alpha) == 0
            and symmetric(measured.model, "stability", measured.alpha) > 0
        )
        expected: Expected = "equal" if contiguous else "near"
        assumption = "" if contiguous else "planted solutions are typical (q = 0, stable)"
        rows = []
        for k, d in enumerate(measured.distances):
            theory = partial(at_distance, typical, measured, k)
            if not theory(measured.alpha) > 0:  # typical solutions are isolated: nothing to count
                continue
            row = Row("Franz-Parisi", measured.alpha, np.nan, "Franz-Parisi", source, expected, assumption=assumption,
                      distance=d)  # fmt: skip
            rows += compare(row, measured.values(theory, "local_entropy", k), theory)
        return rows


def _taught(job: Job[Model]) -> tuple[Instance, NDArray[Any]]:
    instance = job.instance()
    assert instance.teacher is not None
    return instance, instance.teacher


def _planted(job: Job[Model]) -> tuple[Instance, NDArray[Any]]:
    r"""Patterns of ±1 that a random reference satisfies, by rejection.

    Its sums lie on a lattice of spacing 2; a uniform shift of ±1 gives their law the edge at :math:`\kappa\sqrt N` that
    theory and belief propagation see. (Patterns at the edge may miss it by less than :math:`1/\sqrt N`.)
    """
    rng = np.random.default_rng(job.seeds(1)[0])
    reference = 2 * rng.integers(0, 2, job.n, dtype=np.int8) - 1
    wanted = round(job.alpha * job.n)
    kept = np.empty((0, job.n), dtype=np.int8)
    while len(kept) < wanted:
        patterns = 2 * rng.integers(0, 2, (wanted, job.n), dtype=np.int8) - 1
        sums = patterns @ reference.astype(np.float32) + rng.uniform(-1, 1, wanted)
        kept = np.concatenate([kept, patterns[job.model.allows(sums / np.sqrt(job.n))]])
    return Instance(kept[:wanted], constraint=job.model), reference
