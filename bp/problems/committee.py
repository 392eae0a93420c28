"""Committee machines: several perceptrons see the patterns, and the majority of their outputs has to be right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bp.memory import require_memory
from bp.problems import _bits
from bp.problems.committee_flips import CommitteeFlipsWalker
from bp.problems.committee_learner import CommitteeLearner, first_of
from bp.problems.committee_walker import CommitteeWalker, RealCommitteeWalker
from bp.problems.constraint import Allowed, checked_constraint, frozen
from bp.problems.learners import Learner
from bp.problems.patterns import LabelledPatterns, checked_patterns
from bp.problems.perceptron import random_bits, random_signs
from bp.problems.problem import Messaging, Problem
from bp.problems.units import Units
from bp.problems.walkers import Energy, Walker
from bp.randomness import Rng, generator
from replica_theory.arguments import (
    POSITIVE,
    checked_choice,
    checked_flag,
    checked_integer,
    checked_kind,
    checked_model,
    checked_number,
    checked_signs,
    shown,
)
from replica_theory.models.model import Model

MAX_UNITS = 1001
"""Votes are counted in tables of the size of the square of their number."""


@dataclass(frozen=True, eq=False, repr=False)
class Committee(Units, Messaging, Problem):
    r"""`P` patterns for `K` binary perceptrons whose majority has to be right; the second layer is fixed.

    Unit `k` is right on a pattern if its stability :math:`h_k^\mu = y^\mu\xi^\mu\cdot W_k/\sqrt{N/K}` is at least
    :math:`\kappa`; a pattern is satisfied if more than half of the units are right. The `N` weights are flat, unit by
    unit. In a fully connected machine every unit sees the whole pattern of `N/K` entries, in a tree its own part of a
    pattern of `N` entries.

    Parameters
    ----------
    patterns : array_like, shape (P, N/K) or, for a tree, (P, N)
        Entries ±1 of any dtype (kept as bits), or arbitrary finite reals of a floating dtype.
    labels : array_like, shape (P,), optional
        Labels ±1; all +1 by default.
    units : int
        Number of units, odd, up to 1001.
    tree : bool
        Whether every unit has inputs of its own.
    kappa : float, optional
        Margin of the units, 0 by default.
    teacher : array_like, shape (N,), optional
        Teacher weights that gave the labels, kept for measurements.

    Attributes
    ----------
    n : int
        Number of weights of all units, N.
    units, tree, data, inputs
        As in `bp.problems.units.Units`.
    model : Model
        The constraint on a unit.

    Raises
    ------
    TypeError, ValueError
        As `bp.Instance`; if `units` is not odd, or does not divide the entries of a tree's patterns.

    Examples
    --------
    >>> com = Committee([[1, -1, 1], [1, 1, -1]], labels=[1, -1], units=3)
    >>> com.n, com.alpha, com.errors([1, -1, 1, 1, -1, 1, -1, -1, -1])
    (9, 0.2222222222222222, 0)
    """

    model: Model
    teacher: NDArray[np.int8] | None

    def __init__(
        self,
        patterns: ArrayLike,
        labels: ArrayLike | None = None,
        *,
        units: int,
        tree: bool = False,
        kappa: float | None = None,
        teacher: ArrayLike | None = None,
    ) -> None:
        n, bits, real = checked_patterns(patterns)
        self._fill(
            LabelledPatterns.of(n, bits, real, labels), units, tree, checked_constraint("margin", kappa), teacher
        )

    @classmethod
    def of(
        cls,
        data: LabelledPatterns,
        units: int,
        *,
        tree: bool = False,
        kappa: float | None = None,
        teacher: ArrayLike | None = None,
    ) -> Committee:
        """A machine on patterns that are checked already, taken over; the rest is as for `Committee`."""
        checked_kind("data", data, LabelledPatterns)
        machine = cls.__new__(cls)
        machine._fill(data, units, tree, checked_constraint("margin", kappa), teacher)
        return machine

    def _fill(self, data: LabelledPatterns, units: int, tree: bool, model: Model, teacher: ArrayLike | None) -> None:
        units, tree = checked_units(units), checked_flag("tree", tree)
        if tree and data.n % units:
            raise ValueError(f"units must divide the {data.n} entries of a tree's patterns; got {shown(units)}")
        n = data.n if tree else data.n * units
        weights = None if teacher is None else frozen(checked_signs("teacher", teacher, n))
        fields = {"n": n, "units": units, "tree": tree, "data": data, "model": model, "teacher": weights}
        for name, value in fields.items():
            object.__setattr__(self, name, value)

    def __repr__(self) -> str:
        kind, shape = "±1" if self.data.is_binary else "real", "tree" if self.tree else "fully connected"
        return f"Committee({self.n_constraints} {kind} patterns on {self.units} x {self.inputs} weights, {shape})"

    @property
    def energies(self) -> tuple[Energy, ...]:
        """Energies that a walker can follow."""
        return self.data.energies

    @property
    def tightened(self) -> Committee:
        """The same patterns with the least sum at which a unit is right as its margin, as `bp.Instance.tightened`."""
        if not self.data.is_binary:
            return self
        margin = int(self.allowed.lattice[0, 0]) / float(np.sqrt(self.inputs))
        return Committee.of(self.data, self.units, tree=self.tree, kappa=margin)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Patterns times labels, labels, units, shape, margin, and the teacher."""
        taught = {} if self.teacher is None else {"teacher": self.teacher}
        kept = {"units": np.asarray(self.units), "tree": np.asarray(self.tree), "model": np.asarray(repr(self.model))}
        return dict(self.data.arrays()) | kept | taught

    def walker(self, weights: ArrayLike, energy: Energy = "errors") -> Walker:
        """A walker by single flips; on ±1 patterns the energy may be the number of flips that violated ones miss."""
        signs = checked_signs("weights", weights, self.n).reshape(self.units, -1)
        checked_choice("energy", energy, self.energies)
        if self.data.is_binary:
            kind = CommitteeFlipsWalker if energy == "flips" else CommitteeWalker
            return kind(list(self.seen), signs, int(self.allowed.lattice[0, 0]))
        columns = np.array([part.xi.T for part in (self.parts if self.tree else self.parts[:1])])
        return RealCommitteeWalker(columns, signs, self.intervals[..., 0, 0])

    def present(self, a: int, weights: NDArray[Any]) -> tuple[float, NDArray[np.float64]]:
        """Flips by which pattern `a` is satisfied, negative if it is not, and the direction of its gain, (N,).

        The wrong units nearest to being right, as many as are missing, have to move; if no vote can be spared the right
        unit nearest to being wrong.
        """
        rows = np.array([part.row(a) for part in self.parts], dtype=np.float64)
        sums = np.einsum("ki,ki->k", rows, weights.reshape(rows.shape).astype(np.float64))
        least = self.allowed.sums[0, 0] if self.data.is_binary else self.intervals[:, a, 0, 0]
        gaps = (sums - least) / (2 * np.sqrt(np.mean(rows**2, axis=1) + (rows == 0).all(axis=1)))
        missing = self.majority - int(np.count_nonzero(gaps >= 0))
        start = first_of(self.units, self.inputs, a)
        order = (np.argsort(-np.roll(gaps, -start), kind="stable") + start) % self.units
        moved = order[gaps[order] < 0][:missing] if missing > 0 else order[gaps[order] >= 0][-1:]
        gap = gaps[moved].sum() if missing >= 0 else np.inf
        direction = np.zeros_like(rows)
        direction[moved] = rows[moved]
        return float(gap), direction.ravel()

    def learner(self, weights: ArrayLike) -> Learner:
        """Fields with the signs of a configuration, to be taught by patterns shown one at a time."""
        signs = checked_signs("weights", weights, self.n)
        if not self.data.is_binary:
            return Learner(self.present, signs)
        return CommitteeLearner(self.seen, signs.reshape(self.units, -1), int(self.allowed.lattice[0, 0]))


def random_committee(
    model: Model, n: int, units: int, alpha: float, rng: Rng = None, *, tree: bool = False
) -> Committee:
    r"""Draw a committee machine with :math:`P = \mathrm{round}(\alpha N)` random patterns of ±1.

    Parameters
    ----------
    model : Model
        `BinaryPerceptron` (labels absorbed in the patterns) or `TeacherStudent`, whose random teacher of the same
        architecture gives the labels; its margin is that of the units.
    n : int
        Number of weights of all units, a multiple of `units`.
    units : int
        Number of units, odd.
    alpha : float
        Load, patterns per weight.
    rng : int, SeedSequence, Generator or None
        Source of randomness.
    tree : bool
        Whether every unit has inputs of its own (patterns of `n` entries), or all see the same `n / units`.

    Returns
    -------
    Committee

    Raises
    ------
    TypeError, ValueError
        If `units` is not odd or does not divide `n`, no pattern results, or the model is no margin.

    Examples
    --------
    >>> from replica_theory import BinaryPerceptron
    >>> random_committee(BinaryPerceptron(), n=105, units=5, alpha=0.3, rng=1)
    Committee(32 ±1 patterns on 5 x 21 weights, fully connected)
    """
    n, units, alpha = checked_integer("n", n), checked_units(units), checked_number("alpha", alpha, POSITIVE)
    if n % units:
        raise ValueError(f"n must be a multiple of {shown(units)} units; got {shown(n)}")
    if (n_patterns := round(alpha * n)) == 0:
        raise ValueError(f"alpha={alpha} at n={n} gives no patterns; alpha must be at least {0.5 / n:.3g}")
    tree = checked_flag("tree", tree)
    checked_model(model, Model, "random_committee", single=True)
    allowed = Allowed(checked_constraint(model.at(beta=np.inf)), n // units)
    if not allowed.is_margin:
        raise ValueError(f"model must be a margin, which makes units right or wrong; got {model!r}")
    shape: Any = {"units": units, "tree": tree, "kappa": float(allowed.stabilities[0, 0])}
    entries = n if tree else n // units
    require_memory(
        n_patterns * 8 * _bits.words(entries),
        f"{n_patterns} patterns of {entries} entries",
        "take a smaller n or alpha",
    )
    rng = generator(rng)
    bits = random_bits(rng, n_patterns, entries)
    plain = Committee.of(LabelledPatterns.of(entries, bits, None, None), **shape)
    if not model.has_teacher:
        return plain
    teacher = random_signs(rng, n)
    votes = np.where(plain.sums(teacher) < 0, -1, 1).sum(axis=0)
    labels = np.where(votes < 0, -1, 1)
    return Committee.of(LabelledPatterns.of(entries, bits, None, labels), **shape, teacher=teacher)


def checked_units(units: Any) -> int:
    """An odd number of units."""
    number = checked_integer("units", units, 1, MAX_UNITS)
    if number % 2 == 0:
        raise ValueError(f"units must be an odd number, for a majority; got {shown(units)}")
    return number
