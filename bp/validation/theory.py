"""What theory says of one instance: values that several comparisons hold against it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, singledispatch

import numpy as np
from scipy.interpolate import CubicSpline

from bp.ensembles.draw import System
from bp.execution.store import Point
from bp.validation.comparison import Measured
from bp.validation.table import Values
from replica_theory.models.committee import TreeCommittee
from replica_theory.models.model import Model
from replica_theory.models.perceptron import TeacherStudent
from replica_theory.models.satisfiability import RandomSatisfiability
from replica_theory.neighbourhood.around_teacher import around_teacher
from replica_theory.neighbourhood.dense_teacher import dense_teacher
from replica_theory.neighbourhood.franz_parisi import franz_parisi
from replica_theory.neighbourhood.local_entropy import local_entropy as local_entropy_theory
from replica_theory.status import silenced
from replica_theory.typical.replica_symmetric import replica_symmetric
from replica_theory.typical.satisfiability import SatisfiabilityEntropy, satisfiability_entropy
from replica_theory.typing import Array

_POPULATION = 10_000  # errors of some 1e-4, in ten seconds
_LOADS = 4
"""Loads on which the curve of a committee stands."""
_ALIKE = 1e-6
"""Entropies that differ by less are one."""

Theory = Callable[[Model, float, tuple[float, ...]], Array]


@lru_cache(maxsize=1024)
def symmetric(model: Model, field: str, load: float) -> float:
    """A field of the replica-symmetric point, NaN where there is none."""
    with silenced():
        point = replica_symmetric(model, np.array([load]))
    return float(np.asarray(getattr(point, field))[0])


@lru_cache(maxsize=1024)
def population(model: RandomSatisfiability, field: str, ratio: float) -> float:
    """A field of population dynamics, NaN where the population has not settled."""
    point = _populations(model, ratio)
    return float(getattr(point, field)) if point.status.ok else np.nan


@lru_cache(maxsize=64)
def _populations(model: RandomSatisfiability, ratio: float) -> SatisfiabilityEntropy:
    return satisfiability_entropy(model, ratio, population=_POPULATION)


@singledispatch
def entropy_curve(model: System, loads: Array) -> tuple[str, Array]:
    """An entropy that takes no sampling along a grid of loads, and what to call it in pictures."""
    raise TypeError(f"there is no such curve of {model}")


@entropy_curve.register
def _(model: Model, loads: Array) -> tuple[str, Array]:
    with silenced():
        return "replica symmetric", np.asarray(replica_symmetric(model, loads).entropy)


@entropy_curve.register
def _(model: TreeCommittee, loads: Array) -> tuple[str, Array]:
    """Through a few loads, to 1e-4: every point of a few units takes integrals of as many dimensions."""
    few = np.linspace(0.0, float(loads.max()), _LOADS + 1)
    entropies = [symmetric(model, "entropy", float(load)) for load in few[1:]]
    return "replica symmetric", np.asarray(CubicSpline(few, [np.log(2), *entropies])(loads))


@entropy_curve.register
def _(model: RandomSatisfiability, loads: Array) -> tuple[str, Array]:
    return "first moment", np.array([model.annealed(float(ratio)) for ratio in loads])


def at_distance(theory: Theory, measured: Measured[Model], k: int, load: float) -> float:
    """A theory at one of the distances."""
    return float(theory(measured.model, load, measured.distances)[k])


@lru_cache(maxsize=256)
def typical(model: Model, load: float, distances: tuple[float, ...]) -> Array:
    """Entropy around typical solutions; NaN where theory has none, as beyond the capacity."""
    if not _has_solutions(model, load):
        return np.full(len(distances), np.nan)
    with silenced():
        if isinstance(model, TeacherStudent):
            if np.asarray(model.kappa) != 0:  # the teacher is no typical student then
                return np.full(len(distances), np.nan)
            return around_teacher(model, load, np.array(distances)).entropy
        return franz_parisi(model, load, np.array(distances)).entropy


@lru_cache(maxsize=256)
def bound(model: Model, load: float, distances: tuple[float, ...]) -> Array:
    """The largest entropy around any configuration; NaN beyond the capacity."""
    if not _has_solutions(model, load):
        return np.full(len(distances), np.nan)
    with silenced():
        if isinstance(model, TeacherStudent):
            return dense_teacher(model, load, np.array(distances)).entropy
        return local_entropy_theory(model, load, np.array(distances)).entropy


def is_free(measured: Measured[Model], k: int) -> bool:
    """Whether the bound is the entropy itself, as a reference can be chosen that typical solutions lie around."""
    entropy = symmetric(measured.model, "entropy", measured.alpha)
    return at_distance(bound, measured, k, measured.alpha) > entropy - _ALIKE


def beside_own(sizes: Sequence[Values], points: Mapping[int, Sequence[Point]]) -> list[Values]:
    """Values beside the column ``entropy`` of their own instances, in the place of theory, by its mean."""
    found = []
    for size in sizes:
        own = np.array([float(point["entropy"]) for point in points[size.n]])
        both = np.isfinite(size.values) & np.isfinite(own)
        mean = float(own[both].mean()) if both.any() else np.nan
        found.append(size._replace(theory=mean, values=np.where(both, size.values - own + mean, np.nan)))
    return found


def _has_solutions(model: Model, load: float) -> bool:
    """Whether the replica-symmetric entropy is not negative: else curves are sought for long and mean nothing.

    On the sphere, where it is negative, whether it is finite.
    """
    entropy = symmetric(model, "entropy", load)
    return not entropy < 0 if model.weights.counts else bool(np.isfinite(entropy))
