"""Mixtures of pattern classes: each with a constraint, an output and a share of the patterns of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from replica_theory.arguments import FINITE, POSITIVE, checked_kind, checked_number, is_listed, shown
from replica_theory.models.model import BETA, KAPPA, WEIGHTS, Kernel, Model, Option
from replica_theory.models.weights import BINARY, Weights
from replica_theory.numerics.namespace import NUMPY, Namespace
from replica_theory.typing import ArrayLike

FREE = "free"
_SHARES = 1e-9
"""By how much probabilities may miss 1."""


class PatternClass(NamedTuple):
    """A class of patterns: its share of them, the constraint on their stabilities, and the output ±1 that they have."""

    probability: float
    model: Model
    output: int


@dataclass(frozen=True, eq=False, init=False, repr=False)
class Mixture(Model):
    r"""Patterns of several classes: output bias, label noise, margins of their own; and a threshold.

    A pattern is of class `c` with probability :math:`p_c` and has the output :math:`y_c`. It is satisfied when its
    stability :math:`h = y_c(u+M)`, :math:`u = \xi\cdot W/\sqrt N`, is one that the model of the class allows. The shift
    `M` is that of a threshold :math:`\theta` and of inputs of mean `b`,

    .. math:: M = \frac{b\sum_iW_i/\sqrt N - \theta}{\sqrt{1-b^2}},

    given, or free: with biased inputs the sum of the weights adapts (it need only be of order :math:`\sqrt N`, which
    takes no entropy), with a threshold to be learnt the threshold does. Energetic terms are
    :math:`\sum_cp_c\,E\,\ell_c(y_c(\sqrt qz+M), \sqrt{1-q})`, stationary in a free `M`.

    Parameters
    ----------
    classes : iterable of (float, Model, int)
        Probability, model and output ±1 of each class. Probabilities sum to 1. Models are of one margin, at beta = inf,
        of binary weights, without a hidden layer or weighted patterns; either all or none have a teacher, whose label
        the output multiplies (label noise: ``[(1 - eps, TeacherStudent(), 1), (eps, TeacherStudent(), -1)]``).
    shift : float or "free", default 0
        The shift `M`. A free one needs beta = inf, classes that allow an interval each and that bound the shift from
        both sides (else it runs away), and no teacher.
    kappa : float or array, default 0
        Margin that is added to those of all classes: :math:`h-\kappa` is to be allowed.
    beta : float or array, default inf
        Inverse temperature of the number of violated patterns, whatever their class.
    weights : Weights, default BinaryWeights()
        What a weight may be.

    Raises
    ------
    TypeError, ValueError
        If the classes are no such list, or the shift is neither a number nor ``"free"``, or is free where that is
        not possible.

    Notes
    -----
    Known to `replica_symmetric`, `annealed_entropy`, `capacity`, `state_evolution` (a given shift), `franz_parisi`,
    `minimum_distance`, and, with random labels, to `local_entropy` and the slope criterion of
    `local_entropy_threshold` around free references at y = inf. What does not know mixtures refuses them. Everything is
    replica symmetric, and a free shift is one number for all replicas; in `franz_parisi` the references have their own.
    Without a shift and without a teacher outputs do not matter: random patterns are as often :math:`-\xi`.

    Examples
    --------
    >>> from replica_theory import BinaryPerceptron, capacity
    >>> plain = BinaryPerceptron()
    >>> biased = capacity(Mixture([(0.4, plain, +1), (0.6, plain, -1)], shift="free"))
    >>> print(f"{biased.alpha:.9f} {biased.shift:.6f}")
    0.856547100 -0.211749
    """

    name: ClassVar[str] = "mixture"
    title: ClassVar[str] = "mixture of pattern classes"
    condition: ClassVar[str] = "the stability is one that the class of the pattern allows"
    options: ClassVar[tuple[Option, ...]] = (
        Option("classes", "probability, model and output of every class", "code", required=True),
        Option("shift", "the shift of all fields, or free", "code"),
        KAPPA,
        BETA,
        WEIGHTS,
    )

    is_mixture: ClassVar[bool] = True

    classes: tuple[PatternClass, ...] = ()
    shift: float | Literal["free"] = 0.0

    def __init__(
        self,
        classes: Iterable[tuple[float, Model, int]],
        shift: float | Literal["free"] = 0.0,
        kappa: ArrayLike = 0.0,
        beta: ArrayLike = np.inf,
        *,
        weights: Weights = BINARY,
    ) -> None:
        known = _checked_classes(classes)
        free = isinstance(shift, str) and shift == FREE
        if isinstance(shift, str) and not free:
            raise ValueError(f"shift must be a number or {FREE!r}; got {shown(shift)}")
        given: dict[str, Any] = {"classes": known, "kappa": kappa, "beta": beta, "weights": weights}
        given["shift"] = FREE if free else checked_number("shift", shift, FINITE)
        for name, value in given.items():
            object.__setattr__(self, name, value)
        self.__post_init__()
        if free:
            _check_free(self)

    @property
    def is_free(self) -> bool:
        """Whether the shift is an order parameter."""
        return self.shift == FREE

    @property
    def given_shift(self) -> float:
        """The shift as a number: 0 where it is free."""
        return 0.0 if isinstance(self.shift, str) else self.shift

    def __iter__(self) -> Iterator[PatternClass]:
        return iter(self.classes)

    @property
    def is_even(self) -> bool:
        """Whether every class is even, and nothing shifts it."""
        return self.shift == 0 and bool(np.all(np.asarray(self.kappa) == 0)) and all(c.model.is_even for c in self)

    @property
    def is_concave(self) -> bool:
        """Whether the kernels of all classes are."""
        return super().is_concave and all(c.model.is_concave for c in self)

    @property
    def has_teacher(self) -> bool:
        """Whether outputs multiply the labels of a teacher."""
        return self.classes[0].model.has_teacher

    @property
    def edges(self) -> tuple[ArrayLike, ...]:
        """Those of all classes (of a free shift: where it is 0)."""
        return tuple(edge for _, model in class_constraints(self) for edge in model.edges)

    def contains(self, other: Model) -> NDArray[np.bool_]:
        """Whether every class allows what the class of another mixture does that stands in the same place."""
        checked_kind("other", other, Mixture)
        pairs = zip(class_constraints(self, 0.0), class_constraints(other, 0.0), strict=True)  # type: ignore[arg-type]
        return np.asarray(np.all([mine.contains(theirs) for (_, mine), (_, theirs) in pairs], axis=0))

    @property
    def allowed_intervals(self) -> None:
        """None: every class has its own."""
        return

    def log_probability(self, mean: Any, std: Any, space: Namespace = NUMPY) -> Kernel:
        """Not there: the logarithm is averaged over the classes, and not the probability.

        Raises
        ------
        TypeError
            Always.
        """
        raise TypeError("a Mixture has no kernel of its own, but one for every class")


def class_constraints(model: Mixture, shift: ArrayLike | None = None) -> tuple[tuple[float, Model], ...]:
    r"""Every class of a mixture as a constraint on :math:`u = \xi\cdot W/\sqrt N`, and its probability.

    Parameters
    ----------
    model : Mixture
    shift : float or array, optional
        The shift `M`, which broadcasts with the fields; by default the given one.
    """
    m = model.given_shift if shift is None else shift
    kept: dict[str, Any] = {"kappa": model.kappa, "beta": model.beta, "weights": model.weights}
    return tuple((c.probability, ClassConstraint(**kept, model=c.model, output=c.output, shift=m)) for c in model)


def same_classes(one: Mixture, other: Mixture) -> bool:
    """Whether the classes of two mixtures are the same, but for margins: probabilities, kinds and outputs."""
    of_one, of_other = ([(c.probability, type(c.model), c.output) for c in model] for model in (one, other))
    return of_one == of_other


@dataclass(frozen=True, eq=False, repr=False)
class ClassConstraint(Model):
    r"""The constraint of a class on :math:`u = \xi\cdot W/\sqrt N`: :math:`y(u+M)-\kappa` is allowed by its model.

    Parameters
    ----------
    model : Model
    output : int
        :math:`y=\pm1`.
    shift : float or array
        `M`.
    """

    model: Model = None  # type: ignore[assignment]
    output: int = 1
    shift: ArrayLike = 0.0

    def _stability(self, u: Any) -> Any:
        """The stability, less the margin of the mixture."""
        moved = u + self.shift
        return (moved if self.output > 0 else -moved) - self.kappa

    def log_probability(self, mean: Any, std: Any, space: Namespace = NUMPY) -> Kernel:
        """The kernel of the model at the stability, with its derivatives in `u`."""
        kernel = self.model.log_probability(self._stability(mean), std, space)
        return kernel if self.output > 0 else kernel._replace(d1=-kernel.d1)

    @property
    def edges(self) -> tuple[ArrayLike, ...]:
        """Those of the model, as fields `u` in increasing order."""
        own = tuple(self.output * (np.asarray(edge) + self.kappa) - self.shift for edge in self.model.edges)
        return own[:: self.output]

    @property
    def allowed_intervals(self) -> tuple[tuple[ArrayLike, ArrayLike], ...] | None:
        """Those of the model, as intervals of `u`."""
        own = self.model.allowed_intervals
        if own is None:
            return None
        moved = [[self.output * (np.asarray(end) + self.kappa) - self.shift for end in pair] for pair in own]
        return tuple((pair[:: self.output][0], pair[:: self.output][1]) for pair in moved[:: self.output])

    @property
    def is_concave(self) -> bool:
        """Whether the kernel of the model is."""
        return super().is_concave and self.model.is_concave

    @property
    def has_teacher(self) -> bool:
        """Whether labels are a teacher's, times the output."""
        return self.model.has_teacher

    def allows(self, h: ArrayLike) -> NDArray[np.bool_]:
        """Whether a field `u` is allowed."""
        return self.model.allows(self._stability(np.asarray(h)))

    def acceptance(self, h: ArrayLike) -> Any:
        """Probability that a field of exactly `u` is allowed."""
        return self.model.acceptance(self._stability(np.asarray(h)))


def _checked_classes(classes: Any) -> tuple[PatternClass, ...]:
    listed = list(classes) if is_listed(classes) and not isinstance(classes, str) else None
    if not listed or not all(isinstance(one, list | tuple) and len(one) == 3 for one in listed):
        such = "[(0.3, BinaryPerceptron(), 1), (0.7, BinaryPerceptron(), -1)]"
        raise TypeError(f"classes must be a list of (probability, model, output) such as {such}; got {shown(classes)}")
    known = []
    for probability, model, output in listed:
        checked_kind("model in classes", model, Model, such="BinaryPerceptron(kappa=0.0)")
        if np.ndim(model.kappa) or not np.all(np.isposinf(model.beta)):
            raise ValueError(f"model in classes must have a single kappa, and beta = inf; got {shown(model)}")
        if model.weights != BINARY or model.hidden or model.is_mixture or model.is_weighted:
            such = (
                "of binary weights (the mixture has them), no mixtures, and without a hidden layer or weighted patterns"
            )
            raise ValueError(f"models in classes must be {such}; got {shown(model)}")
        sign = checked_number("output in classes", output)
        if sign not in (-1, 1):
            raise ValueError(f"output in classes must be +1 or -1; got {shown(output)}")
        share = checked_number("probability in classes", probability, POSITIVE)
        known.append(PatternClass(share, model, int(sign)))
    total = sum(c.probability for c in known)
    if not abs(total - 1) <= _SHARES:
        raise ValueError(f"classes must have probabilities that sum to 1; got a sum of {total!r}")
    if len({c.model.has_teacher for c in known}) > 1:
        raise ValueError(f"models in classes must all have a teacher, or none; got {shown(listed)}")
    return tuple(known)


def _check_free(model: Mixture) -> None:
    """Refuse a free shift that runs away, or whose stationary point need not be the only one."""
    if not np.all(np.isposinf(model.beta)):
        raise ValueError(f"shift must be a number at finite beta, where a free one may run away; got beta={model.beta}")
    if model.has_teacher:
        raise ValueError("shift must be a number where a teacher gives the labels; got shift='free'")
    intervals = [one.allowed_intervals for _, one in class_constraints(model.at(kappa=0.0, shift=0.0))]
    if any(own is None or len(own) != 1 for own in intervals) or not model.is_concave:
        raise ValueError("shift='free' needs classes that allow a single interval each; give the shift as a number")
    ends = np.array([own for own in intervals if own is not None], dtype=float)[:, 0]
    if not (np.isfinite(ends[:, 0]).any() and np.isfinite(ends[:, 1]).any()):
        raise ValueError("shift='free' needs classes that bound it from both sides, else it runs away; got one side")
