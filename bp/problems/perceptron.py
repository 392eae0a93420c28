"""One realisation of the disorder: patterns, labels and constraint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bp.memory import require_memory
from bp.problems import _bits
from bp.problems.changeable import Changeable
from bp.problems.constraint import CONSTRAINTS, Constraint, checked_constraint, frozen, word
from bp.problems.judged import Judged
from bp.problems.patterns import checked_bits, checked_patterns
from bp.problems.problem import Messaging, Problem
from bp.problems.weights import checked_weights, domain_of, random_weights
from bp.randomness import Rng, generator
from replica_theory.arguments import (
    FINITE,
    POSITIVE,
    checked_choice,
    checked_integer,
    checked_model,
    checked_number,
    checked_real,
)
from replica_theory.models.model import Model

Patterns = Literal["binary", "gaussian"]

_BLOCK_ENTRIES = 1 << 22  # entries drawn at a time
_REAL_BYTES = 17  # what an entry of a real pattern takes while it is drawn and checked; then 8


@dataclass(frozen=True, eq=False, repr=False)
class Instance(Judged, Changeable, Messaging, Problem):
    r"""`P` patterns on `N` weights with their labels: solutions have every stability in the allowed set.

    The weights are ±1, or those of the constraint's model. A pattern is satisfied when :math:`h^\mu = y^\mu
    \xi^\mu\cdot W/\sqrt N` is allowed, up to the rounding of sums (``Allowed.around``, for patterns of any scale).
    The arrays are checked once, copied once and read-only from then on. Patterns of ±1 are kept as bits, `PN`/8 bytes,
    with the labels multiplied in; the labels take `P` bytes more. Products of int8 overflow: see `overlap`, `sums`.

    Parameters
    ----------
    patterns : array_like, shape (P, N)
        Entries ±1 of any dtype (kept as bits), or finite reals of a floating dtype (kept as float64), no row all zeros.
    labels : array_like, shape (P,), optional
        Labels ±1 (not 0 and 1); all +1 by default.
    kappa : float, optional
        Margin; by default 0, or that of a `Model`.
    constraint : str or Model
        ``"margin"``: :math:`h\ge\kappa`; ``"symmetric"``: :math:`|h|\le\kappa`; the class name of a model that a margin
        gives, such as ``"UShapePerceptron"``; or any model of `replica_theory`, such as ``IntervalModel([(-1, 0)])``.
        A soft one (`CustomModel`), or one of weights (`PowerWeight`), is for `belief_propagation` and `localize` with
        ``method="exact"`` or ``"amp"`` only.
    teacher : array_like, shape (N,), optional
        Teacher weights that gave the labels, such as the model has, kept for measurements.
    thresholds : array_like, shape (P,), optional
        A threshold of each pattern: satisfied when :math:`h^\mu-\theta^\mu` is allowed. None are 0; patterns of others
        are kept as real ones.

    Attributes
    ----------
    n, n_patterns, bits, real, labels
        As in `bp.problems.patterns.LabelledPatterns`.
    model : Model
        The constraint (at beta = inf).
    teacher : array of int8 or float64, shape (N,), or None
    thresholds : array, shape (P,), or None

    Raises
    ------
    TypeError, ValueError
        For wrong shapes, masks, no patterns, entries not finite (integers: not ±1) or all 0 and 1, a row whose largest
        is above 1e15 or below 1e-15 in size, labels not ±1, a constraint unknown or at finite beta, an odd margin.

    Examples
    --------
    >>> inst = Instance([[1, -1, 1], [1, 1, -1]], labels=[1, -1])
    >>> inst.n, inst.n_patterns, inst.errors([1, -1, 1])
    (3, 2, 0)
    >>> inst.xi.tolist(), inst.patterns.tolist()
    ([[1, -1, 1], [-1, -1, 1]], [[1, -1, 1], [1, 1, -1]])
    """

    model: Model
    teacher: NDArray[Any] | None
    thresholds: NDArray[np.float64] | None

    def __init__(
        self,
        patterns: ArrayLike,
        labels: ArrayLike | None = None,
        kappa: float | None = None,
        *,
        constraint: Constraint = "margin",
        teacher: ArrayLike | None = None,
        thresholds: ArrayLike | None = None,
    ) -> None:
        n, bits, real = checked_patterns(patterns)
        above = None if thresholds is None else np.asarray(checked_real("thresholds", thresholds, FINITE))
        if above is not None and above.shape != (p := np.shape(patterns)[:1]):
            raise ValueError(f"thresholds must have shape {p}, one for each pattern; got shape {above.shape}")
        if bits is not None and above is not None and np.any(above):
            real, bits = _bits.unpack(bits, n).astype(np.float64), None
        self._fill(n, bits, real, labels, checked_constraint(constraint, kappa), teacher, above)

    @classmethod
    def from_bits(
        cls,
        bits: NDArray[np.uint64],
        n: int,
        labels: ArrayLike | None = None,
        kappa: float | None = None,
        *,
        constraint: Constraint = "margin",
        teacher: ArrayLike | None = None,
    ) -> Instance:
        """An instance from patterns that are bits already, laid out as the attribute `bits` (taken over, not copied).

        A row must be zero beyond its first `n` bits; the rest is as for `Instance`.
        """
        instance = cls.__new__(cls)
        instance._fill(checked_bits(bits, n), bits, None, labels, checked_constraint(constraint, kappa), teacher)
        return instance

    def _fill(
        self, n: int, bits: Any, real: Any, labels: Any, model: Model, teacher: Any, thresholds: Any = None
    ) -> None:
        weights = None if teacher is None else frozen(checked_weights("teacher", teacher, n, model.weights))
        self._hold(n, bits, real, labels)
        object.__setattr__(self, "model", model)
        object.__setattr__(self, "teacher", weights)
        above = None if thresholds is None or not np.any(thresholds) else frozen(thresholds)
        object.__setattr__(self, "thresholds", above)

    def __repr__(self) -> str:
        kind, plain = "±1" if self.is_binary else "real", self.constraint in CONSTRAINTS and self.domain == "spins"
        constraint = f"{self.constraint}, kappa={self.kappa}" if plain else repr(self.model)
        above = "" if self.thresholds is None else ", with thresholds"
        return f"Instance({self.n_patterns} {kind} patterns on {self.n} weights, {constraint}{above})"

    @property
    def kappa(self) -> float:
        """Margin of the model."""
        return float(self.model.kappa)

    @property
    def constraint(self) -> str:
        """``"margin"``, ``"symmetric"``, or the class name of the model."""
        return word(self.model)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Patterns times labels, labels, the model in words, and the teacher."""
        taught = {} if self.teacher is None else {"teacher": self.teacher}
        above = {} if self.thresholds is None else {"thresholds": self.thresholds}
        return super().arrays() | {"model": np.asarray(repr(self.model))} | taught | above

    @property
    def tightened(self) -> Instance:
        """The same patterns with their least allowed sum as the margin, which the smooth sums of messages see above it.

        For real patterns, other weights, and for any other constraint than a margin, the instance itself.
        """
        if self.bits is None or self.domain != "spins" or not self.allowed.is_margin:
            return self
        return Instance.from_bits(self.bits, self.n, kappa=int(self.allowed.lattice[0, 0]) / float(np.sqrt(self.n)))


def random_instance(
    model: Model,
    n: int,
    alpha: float,
    rng: Rng = None,
    *,
    patterns: Patterns = "binary",
) -> Instance:
    r"""Draw an instance of a model: :math:`P = \mathrm{round}(\alpha N)` random patterns on `n` weights.

    For `TeacherStudent` a random teacher gives the labels (a pattern orthogonal to it gets +1) and is kept in
    `Instance.teacher`; its weights are such as the model's. For the other models the labels are absorbed in the random
    patterns.

    Parameters
    ----------
    model : Model
        Gives the constraint (its beta is not part of an instance).
    n : int
        Number of weights.
    alpha : float
        Load; :math:`\mathrm{round}(\alpha n)` must be at least 1.
    rng : int, SeedSequence, Generator or None
        Source of randomness.
    patterns : {"binary", "gaussian"}
        Entries ±1 with equal probability, or standard normal.

    Returns
    -------
    Instance

    Raises
    ------
    ValueError
        If `n` or `alpha` is not positive, no pattern results, `patterns` is unknown, or the model holds an array of
        margins.

    Examples
    --------
    >>> from replica_theory import BinaryPerceptron
    >>> random_instance(BinaryPerceptron(), n=101, alpha=0.5, rng=1).n_patterns
    50
    """
    n, alpha = checked_integer("n", n), checked_number("alpha", alpha, POSITIVE)
    n_patterns = round(alpha * n)
    if n_patterns == 0:
        raise ValueError(f"alpha={alpha} at n={n} gives no patterns; alpha must be at least {0.5 / n:.3g}")
    checked_model(model, Model, "random_instance", single=True, any_weights=True, weighted=True)
    checked_choice("patterns", patterns, get_args(Patterns))
    constraint = checked_constraint(model.at(beta=np.inf))
    binary = patterns == "binary"
    require_memory(
        n_patterns * (8 * _bits.words(n) if binary else _REAL_BYTES * n),
        f"{n_patterns} {patterns} patterns on {n} weights",
        "take a smaller n or alpha" if binary else "patterns='binary' are kept as bits",
    )
    rng = generator(rng)
    teacher: NDArray[Any] | None = None
    labels: NDArray[np.int64] | None = None
    if not binary:
        real = rng.standard_normal((n_patterns, n))
        if model.has_teacher:
            teacher = random_weights(model.weights, n, rng)
            labels = np.where(real @ teacher < 0, -1, 1)
        return Instance(real, labels, constraint=constraint, teacher=teacher)
    bits = random_bits(rng, n_patterns, n)
    if model.has_teacher:
        teacher = random_weights(model.weights, n, rng)
        if teacher.dtype == np.int8:
            labels = np.where(_bits.sums(bits, _bits.pack(teacher[None]), n) < 0, -1, 1)
        else:
            labels = np.where(_bits.times(bits, teacher[None])[0] < 0, -1, 1)
    return Instance.from_bits(bits, n, labels, constraint=constraint, teacher=teacher)


def random_bits(rng: np.random.Generator, n_patterns: int, n: int, block: int = _BLOCK_ENTRIES) -> _bits.Words:
    """Random patterns as bits, the same whatever the number of entries drawn at a time.

    Blocks are whole multiples of four entries, the bytes of one draw of the generator.
    """
    bits = np.empty((n_patterns, _bits.words(n)), dtype=np.uint64)
    rows = 4 * max(1, block // (4 * n))
    for start in range(0, n_patterns, rows):
        part = bits[start : start + rows]
        part[:] = _bits.pack(rng.integers(0, 2, size=(len(part), n), dtype=np.int8))
    return bits


def random_signs(rng: np.random.Generator, shape: int | tuple[int, ...]) -> NDArray[np.int8]:
    """Random ±1."""
    return (2 * rng.integers(0, 2, size=shape, dtype=np.int8) - 1).astype(np.int8)


def sphere_instance(model: Model, n: int, alpha: float, rng: np.random.Generator) -> Instance:
    """Patterns uniform on the sphere, labelled by a random teacher where the model has one."""
    x = rng.standard_normal((round(alpha * n), n))
    x *= np.sqrt(n) / np.linalg.norm(x, axis=1, keepdims=True)
    constraint = model.at(beta=np.inf)
    if not model.has_teacher:
        return Instance(x, constraint=constraint)
    spins = domain_of(model.weights) == "spins"
    teacher = 2 * rng.integers(0, 2, n) - 1 if spins else random_weights(model.weights, n, rng)
    return Instance(x, np.where(x @ teacher < 0, -1, 1), constraint=constraint, teacher=teacher)
