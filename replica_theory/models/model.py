r"""What a constraint is: the log-probability kernel that every formula of the theory takes.

A pattern with stability :math:`h = y\,\xi\cdot W/\sqrt N` is satisfied when :math:`h` lies in the allowed set of the
model. If the field is Gaussian with mean :math:`h` and standard deviation :math:`\sigma`, the constraint enters every
functional through

.. math:: \ell(h, \sigma) = \log\big[e^{-\beta} + (1 - e^{-\beta})\, P(h + \sigma x \text{ allowed})\big],
   \qquad x \sim \mathcal N(0, 1),

and through its derivatives in `h` only, since :math:`\partial_{\sigma^2}\ell = (\ell'' + \ell'^2)/2` (heat equation).
A new constraint is a new subclass of `Model` with one method, `log_probability`; any union of intervals is an
`IntervalModel` already, and any other kernel a function given to `CustomModel`.

A pattern may also have a weight :math:`w(h) \ge 0` of any size (`Model.is_weighted`): then :math:`P` is the mean weight
:math:`E_xw(h + \sigma x)`, :math:`\ell` may be positive, and configurations have the probability
:math:`\prod_\mu w(h^\mu)/Z`. There is no temperature beside it: the cost of a pattern is :math:`-\log w`, at beta = 1.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from itertools import pairwise
from typing import Any, ClassVar, Literal, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from replica_theory import arguments
from replica_theory.arguments import checked_kind, checked_real, shown
from replica_theory.models.overlap_map import IDENTITY, OverlapMap
from replica_theory.models.weights import BINARY, Weights
from replica_theory.numerics.namespace import NUMPY, Namespace
from replica_theory.typing import Array, ArrayLike

_ModelT = TypeVar("_ModelT", bound="Model")

LOG_SQRT_2PI = 0.5 * np.log(2 * np.pi)
SHARP = 1e-9
"""Width at which a Gaussian field is as good as no noise at all."""
_NO_WEIGHT = -300.0
"""The logarithm of what is no weight."""


class Kernel(NamedTuple):
    r"""A log-probability :math:`\ell` with its first two derivatives in the mean field `h`."""

    log: Array
    d1: Array
    d2: Array


class Option(NamedTuple):
    """A constructor argument of a model: its name, what it means, and what gives it.

    Numbers, lists of intervals and words can be typed on a command line and kept in files, code neither.
    """

    name: str
    meaning: str
    kind: Literal["number", "intervals", "flag", "weights", "word", "code"] = "number"
    required: bool = False


KAPPA = Option("kappa", "margin")
BETA = Option("beta", "inverse temperature of the number of violated patterns (inf counts solutions)")
WEIGHTS = Option("weights", "what a weight may be: binary, spherical, or levels such as -1,0,1", "weights")


@dataclass(frozen=True, eq=False, repr=False)
class _Parametrised:
    """What is shown, compared and hashed by its parameters, arrays among them."""

    def __repr__(self) -> str:
        """The model with its parameters; of the weights nothing where they are binary."""
        names = [f.name for f in fields(self) if f.name != "weights" or getattr(self, f.name) != BINARY]
        return f"{type(self).__name__}({', '.join(f'{name}={getattr(self, name)!r}' for name in names)})"

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return all(_same(getattr(self, f.name), getattr(other, f.name)) for f in fields(self))

    def __hash__(self) -> int:
        values = (getattr(self, f.name) for f in fields(self))
        return hash((type(self).__name__, *(np.asarray(v).tobytes() if _numeric(v) else v for v in values)))


@dataclass(frozen=True, eq=False, repr=False)
class Model(_Parametrised, ABC):
    r"""A constraint on the stabilities, at margin `kappa` and inverse temperature `beta`.

    A class with a `name` is registered (`replica_theory.models.registry`): command lines know it by that name, and
    files keep it.

    Parameters
    ----------
    kappa : float or array
        Margin. An array makes every function of the theory broadcast over it.
    beta : float or array, default inf
        Inverse temperature of the energy "number of violated patterns"; ``inf`` counts solutions.
    weights : Weights, default BinaryWeights()
        What a weight may be.

    Raises
    ------
    TypeError, ValueError
        If `kappa` is not finite, `beta` is negative, NaN, or finite with weighted patterns, or `weights` are none.
    """

    name: ClassVar[str] = ""
    """On command lines."""
    title: ClassVar[str] = ""
    """In pictures and tables."""
    condition: ClassVar[str] = ""
    """When a pattern of stability `h` is satisfied, in a few words."""
    options: ClassVar[tuple[Option, ...]] = (KAPPA, BETA, WEIGHTS)
    """The constructor arguments."""
    is_mixture: ClassVar[bool] = False
    """Whether patterns are of several classes, each with a kernel of its own."""

    kappa: ArrayLike = 0.0
    beta: ArrayLike = np.inf
    weights: Weights = field(default=BINARY, kw_only=True)

    def __post_init__(self) -> None:
        checked_kind("weights", self.weights, Weights, such="SphericalWeights()")
        object.__setattr__(self, "kappa", _checked("kappa", self.kappa, arguments.FINITE))
        object.__setattr__(self, "beta", _checked("beta", self.beta, arguments.BETA))
        _check_cold(self)

    @abstractmethod
    def log_probability(self, mean: Any, std: Any, space: Namespace = NUMPY) -> Kernel:
        r""":math:`\log P(h + \sigma x\ \mathrm{allowed})` and its first two derivatives in `h`.

        Parameters
        ----------
        mean, std : array
            Mean `h` and standard deviation :math:`\sigma > 0` of the field; they broadcast with `kappa`.
        space : Namespace
            Where these arrays live.
        """

    @property
    @abstractmethod
    def edges(self) -> tuple[ArrayLike, ...]:
        """Fields at which a pattern changes from allowed to forbidden (where the kernel is steep)."""

    @property
    def allowed_intervals(self) -> tuple[tuple[ArrayLike, ArrayLike], ...] | None:
        """The allowed stabilities as disjoint intervals (a, b) in increasing order; None where they are no such union.

        By default they are read off `edges` and `allows`, for a single `kappa`. None says that the constraint is soft.
        """
        return _allowed_between(sorted({float(np.asarray(edge)) for edge in self.edges}), self)

    @property
    def is_even(self) -> bool:
        """Whether the allowed set is symmetric under `h` → `-h` (then overlaps can vanish by symmetry)."""
        return False

    @property
    def is_concave(self) -> bool:
        """Whether the kernel is log-concave in `h` (an interval of allowed fields; not so at finite beta)."""
        return bool(np.all(np.isposinf(self.beta)))

    @property
    def has_teacher(self) -> bool:
        """Whether the labels come from a teacher rather than at random."""
        return False

    @property
    def is_weighted(self) -> bool:
        """Whether a pattern has a weight that may exceed one, rather than a probability of being satisfied."""
        return False

    @property
    def hidden(self) -> str:
        """What stands between weights and constraint: "" for nothing, else how many units, "infinite" or "finite"."""
        return ""

    @property
    def overlap_map(self) -> OverlapMap:
        """How overlaps of the weights look to the constraint: as they are, but for a hidden layer."""
        return IDENTITY

    def log_kernel(self, mean: Any, std: Any, space: Namespace = NUMPY) -> Kernel:
        r"""The kernel :math:`\ell(h, \sigma)` at the model's `beta`; arguments as for `log_probability`.

        With :math:`p = (1-e^{-\beta}) P e^{-\ell}` the probability that the pattern is satisfied given its weight,
        :math:`\ell' = p (\log P)'` and :math:`\ell'' = p[(\log P)'' + (\log P)'^2] - \ell'^2`.
        """
        # A model of the user's need not know other arrays than those of numpy.
        bare = self.log_probability(mean, std) if space is NUMPY else self.log_probability(mean, std, space)
        if np.all(np.isposinf(self.beta)):
            return bare
        beta = np.asarray(self.beta)
        with np.errstate(divide="ignore"):
            log_weight = space.constant(np.log(-np.expm1(-beta)))
        log = space.xp.logaddexp(space.constant(-beta), log_weight + bare.log)
        satisfied = space.xp.exp(log_weight + bare.log - log)
        return Kernel(log, d1 := satisfied * bare.d1, satisfied * (bare.d2 + bare.d1**2) - d1**2)

    def probability(self, mean: Array, std: ArrayLike) -> tuple[Array, Array]:
        r"""The kernel itself, :math:`e^\ell`, and its derivative in `h` (cheap, for sums that need no logarithm)."""
        kernel = self.log_kernel(mean, std)
        value = np.exp(kernel.log)
        return value, value * kernel.d1

    def violation(self, mean: Array, std: ArrayLike) -> Array:
        r"""Thermal probability of a violation, :math:`-\partial_\beta\ell`; of weights :math:`-E[w\log w]/E\,w`."""
        beta = np.asarray(self.beta)
        bare, log = self.log_probability(mean, std).log, self.log_kernel(mean, std).log
        return np.asarray(np.exp(-beta - log) * -np.expm1(np.minimum(bare, 0.0)))

    def allows(self, h: ArrayLike) -> NDArray[np.bool_]:
        """Whether a pattern of stability `h` is satisfied (the edges included), or has a weight."""
        h = np.asarray(checked_real("h", h, arguments.FINITE))
        with np.errstate(all="ignore"):
            sharp = self.log_probability(h, SHARP)
        return np.asarray(sharp.log >= (_NO_WEIGHT if self.is_weighted else np.log(0.5) - 1e-6))

    def acceptance(self, h: ArrayLike) -> Array:
        r"""Probability that a pattern of stability exactly `h` is satisfied, 1 or 0 unless soft; of weights `w(h)`."""
        return np.asarray(self.allows(h), dtype=float)

    def contains(self, other: Model) -> NDArray[np.bool_]:
        """Whether every stability that `other` allows is allowed here (a hard constraint; broadcast over `kappa`)."""
        checked_kind("other", other, Model)
        probes, thick = _between(
            np.broadcast_arrays(*(np.asarray(e, dtype=float) for e in (*self.edges, *other.edges)))
        )
        return np.asarray((self.allows(probes) | ~other.allows(probes) | ~thick).all(axis=0))

    def at(self: _ModelT, **parameters: Any) -> _ModelT:
        """Copy of the model with other parameters, e.g. ``model.at(kappa=0.1)``."""
        return replace(self, **parameters)


def cost_rate(model: Model) -> Array:
    r"""What the mean cost of a pattern (`Model.violation`) counts in the entropy.

    This is `beta` for a violated pattern (0 at beta = inf), and 1 for the cost :math:`-\log w` of a weight.
    """
    beta = np.asarray(model.beta, dtype=float)
    return np.ones_like(beta) if model.is_weighted else np.where(np.isfinite(beta), beta, 0.0)


def heat(model: Model, alpha: float, energy: float) -> float:
    r"""What the entropy exceeds the free entropy by, :math:`\beta\alpha e` (`cost_rate`); one `beta` only."""
    return rate * alpha * energy if (rate := float(cost_rate(model))) else 0.0


def _check_cold(model: Model) -> None:
    if model.is_weighted and np.isfinite(model.beta).any():
        raise ValueError(f"beta must be inf where a pattern has a weight of its own; got {shown(model.beta)}")


def _allowed_between(edges: list[float], model: Model) -> tuple[tuple[float, float], ...]:
    """The intervals between edges that a model allows, those that meet joined."""
    ends = [-np.inf, *edges, np.inf]
    middles = [edges[0] - 1.0, *(0.5 * (a + b) for a, b in pairwise(edges)), edges[-1] + 1.0]
    allowed = [pair for pair, h in zip(pairwise(ends), middles, strict=True) if model.allows(h)]
    joints = {a for a, _ in allowed} & {b for _, b in allowed}
    left, right = ([end for end in column if end not in joints] for column in zip(*allowed, strict=True))
    return tuple(zip(left, right, strict=True))


def _between(edges: Sequence[Array]) -> tuple[Array, NDArray[np.bool_]]:
    """A field between any two neighbouring edges and beyond the last ones, and whether there is room there."""
    ordered = np.sort(np.stack(edges), axis=0)
    middles = 0.5 * (ordered[1:] + ordered[:-1])
    end = ordered[:1] * 0 + 1
    thick = np.concatenate([end, np.diff(ordered, axis=0), end]) > 0
    return np.concatenate([ordered[:1] - 1, middles, ordered[-1:] + 1]), thick


def _numeric(value: Any) -> bool:
    return isinstance(value, (float, int, np.ndarray)) and not isinstance(value, bool)


def _same(one: Any, other: Any) -> bool:
    return np.array_equal(one, other) if _numeric(one) and _numeric(other) else bool(one == other)


def _checked(name: str, value: Any, allowed: arguments.Allowed) -> ArrayLike:
    """The parameter as a float or a read-only float array."""
    checked = checked_real(name, value, allowed)
    if isinstance(checked, np.ndarray):
        checked.flags.writeable = False
    return checked
