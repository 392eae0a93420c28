"""Constraints of instances: which model a word stands for, and the sums of a pattern that a model allows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from replica_theory.arguments import checked_one_class, checked_real, checked_units, shown
from replica_theory.models.intervals import SymmetricBinaryPerceptron
from replica_theory.models.model import Model
from replica_theory.models.perceptron import BinaryPerceptron, TeacherStudent
from replica_theory.models.registry import models

Constraint = str | Model

CONSTRAINTS: dict[str, type[Model]] = {"margin": BinaryPerceptron, "symmetric": SymmetricBinaryPerceptron}
"""Words for constraints."""
_WORDS: dict[type[Model], str] = {kind: word for word, kind in CONSTRAINTS.items()} | {TeacherStudent: "margin"}
_ROUNDING = 1e-12
"""By how much a sum may miss an edge and still meet it, relative to the larger of the edge and the pattern's norm."""


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
        checked_units(model)
        checked_one_class(model)
        if kappa is not None and not np.array_equal(checked_real("kappa", kappa), model.kappa):
            raise ValueError(f"kappa must be left to the constraint, {model!r}; got kappa={shown(kappa)}")
    else:
        model = kind_of(constraint)(kappa=0.0 if kappa is None else kappa)
    if np.ndim(model.kappa):
        where = "constraint: " if model is constraint else ""
        raise ValueError(f"{where}kappa of an instance must be a single number; got shape {np.shape(model.kappa)}")
    if not np.all(np.isposinf(model.beta)):
        raise ValueError(f"constraint must be at beta = inf, an instance has no temperature; got {model!r}")
    return model


def word(model: Model) -> str:
    """The word for the constraint of a model, or its class name."""
    return _WORDS.get(type(model), type(model).__name__)


@dataclass(frozen=True)
class Allowed:
    """What a model allows the patterns of `n` weights; arrays are made when they are first asked for, read-only.

    Parameters
    ----------
    model : Model
    n : int
        Number of weights.
    """

    model: Model
    n: int

    @property
    def is_hard(self) -> bool:
        """Whether every stability is either allowed or not; a soft constraint has an acceptance, and no intervals."""
        return self.model.allowed_intervals is not None

    @property
    def is_margin(self) -> bool:
        """Whether everything above some stability is allowed, and nothing else."""
        return self.is_hard and len(self.stabilities) == 1 and bool(self.stabilities[0, 1] == np.inf)

    @cached_property
    def stabilities(self) -> NDArray[np.float64]:
        """The allowed stabilities as disjoint intervals in increasing order, shape (K, 2).

        Raises
        ------
        TypeError
            If the constraint may be soft.
        """
        pairs = self.model.allowed_intervals
        if pairs is None:
            raise TypeError(
                "this needs a hard constraint, such as a margin or an IntervalModel; "
                f"{type(self.model).__name__} may be soft: belief_propagation and local_entropy take it, with "
                "method='amp' or, for patterns of ±1, 'exact'"
            )
        return frozen(np.array(pairs, dtype=np.float64))

    @cached_property
    def sums(self) -> NDArray[np.float64]:
        """The allowed sums of patterns of ±1 as intervals, shape (K, 2): `around` for their norm."""
        return frozen(self.around(np.sqrt(self.n)))

    def around(self, norms: ArrayLike) -> NDArray[np.float64]:
        r"""The allowed sums :math:`y^\mu\xi^\mu\cdot W = \sqrt N h^\mu` of patterns as intervals, shape (..., K, 2).

        An edge :math:`e = \sqrt N\kappa` gives way by :math:`10^{-12}\max(|e|, \|\xi^\mu\|)`, which covers the rounding
        of both, so that a sum that should meet an edge exactly does; a pattern of any scale is judged alike.

        Parameters
        ----------
        norms : array_like, shape (...)
            Norms of the patterns.
        """
        ends = np.sqrt(self.n) * self.stabilities
        size = np.maximum(np.abs(ends), np.asarray(norms, dtype=np.float64)[..., None, None])
        slack = np.where(np.isinf(ends), 0.0, _ROUNDING * size)
        return np.asarray(ends + slack * np.array([-1.0, 1.0]))

    @cached_property
    def lattice(self) -> NDArray[np.int64]:
        """The least and the largest sum in each interval that has the parity of `n`, shape (K, 2).

        All sums of ±1 patterns have it. Ends beyond all sums are `n` + 2 or one more in size. Intervals between two
        such sums are left out; if none is left, the first is kept, with its least sum above the largest.
        """
        n, beyond = self.n, self.n + 2
        least = np.where(self.sums[:, 0] < -n, -beyond, np.ceil(self.sums[:, 0])).astype(np.int64)
        most = np.where(self.sums[:, 1] > n, beyond, np.floor(self.sums[:, 1])).astype(np.int64)
        ends = np.stack([least + (least - n) % 2, most - (most - n) % 2], axis=1)
        some = ends[ends[:, 0] <= ends[:, 1]]
        return frozen(some if len(some) else ends[:1])

    @cached_property
    def acceptance(self) -> NDArray[np.float64]:
        r"""Probability (or weight) of a pattern at the sums :math:`-n, -n+1, \ldots, n`, shape (2n + 1,).

        Examples
        --------
        >>> Allowed(SymmetricBinaryPerceptron(0.6), 3).acceptance.tolist()
        [0.0, 0.0, 1.0, 1.0, 1.0, 0.0, 0.0]
        """
        sums = np.arange(-self.n, self.n + 1, dtype=np.float64)
        if not self.is_hard:
            most = np.inf if self.model.is_weighted else 1.0
            return frozen(np.clip(self.model.acceptance(sums / np.sqrt(self.n)), 0.0, most))
        return frozen(satisfied(sums, self.sums).astype(np.float64))


def satisfied(sums: NDArray[np.float64], allowed: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which sums lie in one of the intervals, (K, 2) for all of them or (..., K, 2) for each."""
    inside = np.zeros(sums.shape, dtype=bool)
    for k in range(allowed.shape[-2]):
        inside |= (sums >= allowed[..., k, 0]) & (sums <= allowed[..., k, 1])
    return inside


def frozen(array: NDArray[Any]) -> NDArray[Any]:
    """The array, read-only from now on."""
    array.flags.writeable = False
    return array


def kind_of(constraint: Any) -> type[Model]:
    """The class that a word or class name stands for; ValueError if there is none."""
    known = {entry.kind.__name__: entry.kind for entry in models().values() if entry.is_marginal}
    if isinstance(constraint, str):
        if constraint in CONSTRAINTS:
            return CONSTRAINTS[constraint]
        if constraint in known:
            return known[constraint]
    names = ", ".join(map(repr, (*CONSTRAINTS, *(name for name, kind in known.items() if kind not in _WORDS))))
    raise ValueError(f"constraint must be one of {names} or a model of replica_theory; got {shown(constraint)}")
