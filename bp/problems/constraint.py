"""Constraints of instances: which model a word stands for, and the sums of a pattern that a model allows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from replica_theory.models.intervals import SymmetricBinaryPerceptron
from replica_theory.models.model import Model
from replica_theory.models.perceptron import BinaryPerceptron, TeacherStudent
from replica_theory.models.registry import models

Constraint = str | Model

CONSTRAINTS: dict[str, type[Model]] = {"margin": BinaryPerceptron, "symmetric": SymmetricBinaryPerceptron}
"""Words for constraints."""
_WORDS: dict[type[Model], str] = {kind: word for word, kind in CONSTRAINTS.items()} | {TeacherStudent: "margin"}
_SLACK = 1e-12
"""Rounding of an edge, relative to its size and at least to 1, by which a stability may miss it and still meet it."""


def checked_constraint(constraint: Constraint, kappa: float | None = None) -> Model:
    """The model that a constraint is, with a single margin and at beta = inf.

    Parameters
    ----------
    constraint : str or Model
        ``"margin"``, ``"symmetric"``, the class name of a model that needs no more than a margin, or a model.
    kappa : float, optional
        Margin; by default 0, or that of the model.

    Raises
    ------
    TypeError, ValueError
        If the constraint is unknown or at finite beta, or `kappa` is not one number or not the one of the model.

    Examples
    --------
    >>> checked_constraint("UShapePerceptron", 0.5)
    UShapePerceptron(kappa=0.5, beta=inf)
    """
    if isinstance(constraint, Model):
        model = constraint
        if kappa is not None and not np.array_equal(kappa, model.kappa):
            raise ValueError(f"kappa must be left to the constraint, {model!r}; got kappa={kappa!r}")
    else:
        model = _kind(constraint)(kappa=0.0 if kappa is None else kappa)
    if np.ndim(model.kappa):
        raise ValueError(f"kappa of an instance must be a single number; got shape {np.shape(model.kappa)}")
    if not np.all(np.isposinf(model.beta)):
        raise ValueError(f"constraint must be at beta = inf, an instance has no temperature; got {model!r}")
    return model


def word(model: Model) -> str:
    """The word for the constraint of a model, or its class name."""
    return _WORDS.get(type(model), type(model).__name__)


def intervals(model: Model) -> NDArray[np.float64]:
    """The allowed stabilities as disjoint intervals in increasing order, shape (K, 2), read-only.

    Raises
    ------
    TypeError
        If the constraint may be soft.
    """
    pairs = model.allowed_intervals
    if pairs is None:
        raise TypeError(
            f"this needs a hard constraint, such as a margin or an IntervalModel; {type(model).__name__} may be soft: "
            "belief_propagation and local_entropy take it, with method='amp' or, for patterns of ±1, 'exact'"
        )
    ends = np.array(pairs, dtype=np.float64)
    ends.flags.writeable = False
    return ends


def sum_intervals(model: Model, n: int) -> NDArray[np.float64]:
    r"""The allowed sums, :math:`\sqrt N` times `intervals` and as much wider as the ends may be rounded; read-only."""
    ends = intervals(model)
    slack = np.where(np.isinf(ends), 0.0, _SLACK * np.maximum(1.0, np.abs(ends)))
    sums = np.sqrt(n) * (ends + slack * np.array([-1.0, 1.0]))
    sums.flags.writeable = False
    return np.asarray(sums)


def acceptance(model: Model, n: int) -> NDArray[np.float64]:
    r"""Probability that a pattern is satisfied at the sums :math:`-N, -N+1, \ldots, N`, shape (2N + 1,).

    Examples
    --------
    >>> acceptance(SymmetricBinaryPerceptron(0.6), 3).tolist()
    [0.0, 0.0, 1.0, 1.0, 1.0, 0.0, 0.0]
    """
    sums = np.arange(-n, n + 1, dtype=np.float64)
    if model.allowed_intervals is None:
        return np.clip(model.acceptance(sums / np.sqrt(n)), 0.0, 1.0)
    return satisfied(sums, sum_intervals(model, n)).astype(np.float64)


def satisfied(sums: NDArray[np.float64], allowed: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which sums lie in one of the intervals (K, 2)."""
    inside = np.zeros(sums.shape, dtype=bool)
    for low, high in allowed:
        inside |= (sums >= low) & (sums <= high)
    return inside


def _kind(constraint: Any) -> type[Model]:
    """The class that a word or class name stands for."""
    known = {entry.kind.__name__: entry.kind for entry in models().values() if entry.is_marginal}
    if isinstance(constraint, str):
        if constraint in CONSTRAINTS:
            return CONSTRAINTS[constraint]
        if constraint in known:
            return known[constraint]
    names = ", ".join(map(repr, (*CONSTRAINTS, *(name for name, kind in known.items() if kind not in _WORDS))))
    raise ValueError(f"constraint must be one of {names} or a model of replica_theory; got {constraint!r}")
